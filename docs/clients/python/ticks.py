"""Decodes binary messages of /ws/ticks (TickFrame, see tick.fbs).

`decode` gives the form of ticker.v1.json: rupees, microseconds, names instead of codes, None for
what is undefined; fields that the mode does not have are left out.
"""

import sys

from ticker.Depth import Depth
from ticker.DepthLevel import DepthLevel
from ticker.Greeks import Greeks
from ticker.Quote import Quote
from ticker.TickFrame import TickFrame

NO_BYTE = 0xFF
NO_UINT = 0xFFFFFFFF
NO_FLOAT = 3.4028234663852886e38
NO_DOUBLE = sys.float_info.max

LTP, QUOTE = 1, 2
NOT_AN_OPTION, NOT_REQUESTED = 13, 14
INDICES = 9

FLAGS = {
    0: "SNAPSHOT",
    1: "CONFLATED",
    2: "REPRICED",
    3: "SIMULATED",
    4: "OLDER_GREEKS",
    8: "CROSSED_BOOK",
    9: "OUT_OF_ORDER",
    10: "ZERO_LAST_PRICE",
    11: "UNKNOWN_SEGMENT",
}
STATUS = (
    "UNSET OK BELOW_INTRINSIC ABOVE_MAXIMUM EXPIRED INVALID NO_UNDERLYING NO_QUOTE STALE CROSSED "
    "AFTER_SETTLEMENT GREEKS_LATE GREEKS_SKIPPED NOT_AN_OPTION NOT_REQUESTED"
).split()
FORWARD_SOURCE = "NONE PARITY FUTURE CARRIED_FUTURE SPOT_CARRY".split()
MODEL = "NONE BLACK_76 BLACK_SCHOLES_MERTON".split()
QUALITY = {0: "PRICE_FROM_LAST_TRADE", 1: "FORWARD_DEGRADED", 2: "CALENDAR_ESTIMATED"}


def position(low, high):
    return high * 2**32 + low


def uint(value):
    return None if value == NO_UINT else value


def real(value):
    return None if value in (NO_FLOAT, NO_DOUBLE) else value


def price(value, divisor):
    return None if value == NO_UINT or divisor == 0 else value / divisor


def time(seconds):
    """Microseconds; 0 is the broker's "absent"."""
    return None if seconds in (0, NO_UINT) else seconds * 1_000_000


def bits(value, names):
    return [name for bit, name in names.items() if value >> bit & 1]


def code(value, names):
    """None for NONE and undefined; a code newer than this program keeps its number."""
    if value in (0, NO_BYTE):
        return None
    return names[value] if value < len(names) else "CODE_%d" % value


def status_name(status):
    if status == NO_BYTE:
        return "UNSET"
    return STATUS[status] if status < len(STATUS) else "STATUS_%d" % status


def greeks_of(greeks):
    """`greeks`: a Greeks or a CompactTick, which has the same fields."""
    if greeks.Status() == NOT_AN_OPTION:
        return None
    quality = greeks.Quality()
    return {
        "status": status_name(greeks.Status()),
        "iv": real(greeks.Iv()),
        "delta": real(greeks.Delta()),
        "gamma": real(greeks.Gamma()),
        "theta": real(greeks.Theta()),
        "vega": real(greeks.Vega()),
        "rho": real(greeks.Rho()),
        "forward": real(greeks.Forward()),
        "iv_own": real(greeks.IvOwn()),
        "iv_bid": real(greeks.IvBid()),
        "iv_ask": real(greeks.IvAsk()),
        "forward_source": code(greeks.ForwardSource(), FORWARD_SOURCE),
        "model": code(greeks.Model(), MODEL),
        "quality": bits(0 if quality == NO_BYTE else quality, QUALITY),
        "time_to_expiry": real(greeks.TimeToExpiry()),
    }


def depth_of(buy, sell):
    """Levels without a price are undefined; without any, the packet had no depth."""
    sides = {
        name: [level for level in levels if level["price"] is not None]
        for name, levels in (("buy", buy), ("sell", sell))
    }
    return sides if sides["buy"] or sides["sell"] else None


def levels_of(depth, side, divisor):
    levels = [getattr(depth, "%s%d" % (side, index))(DepthLevel()) for index in range(5)]
    return [
        {
            "price": price(level.Price(), divisor),
            "quantity": uint(level.Quantity()),
            "orders": level.Orders(),
        }
        for level in levels
    ]


def identity_of(quote, kind):
    """What all kinds of ticks have. `quote`: a Quote, a CompactTick or an LtpTick."""
    packet_mode = quote.Mode()
    if kind in ("compact", "ltp"):
        mode = kind
    elif packet_mode == LTP:
        mode = "ltp"
    else:
        mode = "quote" if kind == "quote" or packet_mode == QUOTE else "full"
    return {
        "instrument_token": quote.InstrumentToken(),
        "sequence": position(quote.SequenceLow(), quote.SequenceHigh()),
        "instrument_sequence": quote.InstrumentSequence(),
        "merged": quote.Merged(),
        "flags": bits(quote.Flags(), FLAGS),
        "mode": mode,
        "tradable": quote.Segment() != INDICES,
        "receive_time": quote.ReceiveTime(),
        "exchange_timestamp": time(quote.ExchangeTimestamp()),
        "last_price": price(quote.LastPrice(), quote.PriceDivisor()),
    }


def quote_of(quote):
    divisor = quote.PriceDivisor()
    last, close = price(quote.LastPrice(), divisor), price(quote.Close(), divisor)
    return {
        "last_trade_time": time(quote.LastTradeTime()),
        "last_traded_quantity": uint(quote.LastQuantity()),
        "average_traded_price": price(quote.AveragePrice(), divisor),
        "volume_traded": uint(quote.Volume()),
        "total_buy_quantity": uint(quote.TotalBuyQuantity()),
        "total_sell_quantity": uint(quote.TotalSellQuantity()),
        "ohlc": {
            "open": price(quote.Open(), divisor),
            "high": price(quote.High(), divisor),
            "low": price(quote.Low(), divisor),
            "close": close,
        },
        "change": None if last is None or not close else (last - close) * 100 / close,
        "oi": uint(quote.Oi()),
        "oi_day_high": uint(quote.OiDayHigh()),
        "oi_day_low": uint(quote.OiDayLow()),
    }


def full_tick(tick, kind):
    """A Tick or a QuoteTick."""
    quote, greeks = tick.Quote(Quote()), tick.Greeks(Greeks())
    result = {**identity_of(quote, kind), **quote_of(quote)}
    if kind == "full":
        depth, divisor = tick.Depth(Depth()), quote.PriceDivisor()
        result["depth"] = depth_of(
            levels_of(depth, "Buy", divisor), levels_of(depth, "Sell", divisor)
        )
    if greeks.Status() != NOT_REQUESTED:
        result["greeks"] = greeks_of(greeks)
    return result


def compact_tick(tick):
    divisor = tick.PriceDivisor()
    sides = (tick.BidPrice(), tick.BidQuantity()), (tick.AskPrice(), tick.AskQuantity())
    buy, sell = (
        [{"price": price(value, divisor), "quantity": uint(quantity), "orders": None}]
        for value, quantity in sides
    )
    result = {
        **identity_of(tick, "compact"),
        "volume_traded": uint(tick.Volume()),
        "oi": uint(tick.Oi()),
        "depth": depth_of(buy, sell),
    }
    if tick.Status() != NOT_REQUESTED:
        result["greeks"] = greeks_of(tick)
    return result


def decode(data):
    """One binary message. Raises ValueError if it is not a TickFrame."""
    if len(data) < 8 or not TickFrame.TickFrameBufferHasIdentifier(data, 0):
        raise ValueError("not a TickFrame")
    frame = TickFrame.GetRootAs(data, 0)
    # A frame uses one of the vectors.
    ticks = [full_tick(frame.Ticks(index), "full") for index in range(frame.TicksLength())]
    ticks += [full_tick(frame.Quotes(index), "quote") for index in range(frame.QuotesLength())]
    ticks += [compact_tick(frame.Compacts(index)) for index in range(frame.CompactsLength())]
    ticks += [identity_of(frame.Ltps(index), "ltp") for index in range(frame.LtpsLength())]
    return {
        "type": "ticks",
        "epoch": "%08x%08x" % (frame.EpochHigh(), frame.EpochLow()),
        "sent_time": frame.SentTime(),
        "through": position(frame.ThroughLow(), frame.ThroughHigh()),
        "ticks": ticks,
    }
