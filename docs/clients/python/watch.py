#!/usr/bin/env python3
"""Prints live frames, a line of JSON each; other messages of the service go to standard error."""

import argparse
import asyncio
import json
import pathlib
import sys

import websockets

from ticks import decode

# Beyond a missed heartbeat the connection is dead.
GRACE_SECONDS = 5


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instruments", nargs="*", help="NSE:INFY or a token")
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws/ticks")
    parser.add_argument("--key-file", type=pathlib.Path, default=".ticker/api-key")
    parser.add_argument("--chain", help="NIFTY: five strikes each side of the money")
    parser.add_argument("--mode", default="quote", help="ltp, compact, quote or full")
    parser.add_argument("--greeks", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the frames themselves")
    parser.add_argument("--frames", type=int, help="stop after so many")
    return parser.parse_args()


def requests(options):
    delivery = {"type": "subscribe", "mode": options.mode, "greeks": options.greeks}
    if options.instruments:
        names = [int(name) if name.isdigit() else name for name in options.instruments]
        yield {"id": 1, "instruments": names, **delivery}
    if options.chain:
        yield {"id": 2, "chain": {"underlying": options.chain, "strikes": 5}, **delivery}


async def watch(options):
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    key = options.key_file.read_text().strip()
    protocols = ["ticker.v1.fbs", "bearer." + key]
    async with websockets.connect(options.url, subprotocols=protocols, max_size=None) as socket:
        hello = json.loads(await socket.recv())
        patience = hello["heartbeat_ms"] / 1000 + GRACE_SECONDS
        for request in requests(options):
            await socket.send(json.dumps(request))
        count = 0
        while options.frames is None or count < options.frames:
            message = await asyncio.wait_for(socket.recv(), patience)
            if isinstance(message, str):
                print(message, file=sys.stderr, flush=True)
                continue
            if options.keep:
                (options.keep / ("%06d.tick" % count)).write_bytes(message)
            count += 1
            print(json.dumps(decode(message)), flush=True)


try:
    asyncio.run(watch(arguments()))
except websockets.ConnectionClosed as error:
    sys.exit("closed: %s" % error)
except asyncio.TimeoutError:
    sys.exit("the service is silent")
except KeyboardInterrupt:
    pass
