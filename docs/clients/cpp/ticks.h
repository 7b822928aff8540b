// Decodes binary messages of /ws/ticks (TickFrame, see tick.fbs).
//
// `decode` gives the form of ticker.v1.json: rupees, microseconds, names instead of codes, null for
// what is undefined; fields that the mode does not have are left out. A program in a hurry reads
// the structs where they lie instead, as the functions below do.
#pragma once

#include <cfloat>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tick_generated.h"

namespace ticks {

using json = nlohmann::ordered_json;
using names = std::vector<const char *>;

constexpr uint8_t NO_BYTE = 0xFF;
constexpr uint32_t NO_UINT = 0xFFFFFFFF;
constexpr uint8_t MODE_LTP = 1, MODE_QUOTE = 2;
constexpr uint8_t NOT_AN_OPTION = 13, NOT_REQUESTED = 14;
constexpr uint8_t INDICES = 9;

// By bit; nullptr: not in use.
inline const names FLAGS = {"SNAPSHOT",     "CONFLATED",    "REPRICED",        "SIMULATED",
                            "OLDER_GREEKS", nullptr,        nullptr,           nullptr,
                            "CROSSED_BOOK", "OUT_OF_ORDER", "ZERO_LAST_PRICE", "UNKNOWN_SEGMENT"};
inline const names QUALITY = {"PRICE_FROM_LAST_TRADE", "FORWARD_DEGRADED", "CALENDAR_ESTIMATED"};
// By code.
inline const names STATUS = {
    "UNSET",         "OK",       "BELOW_INTRINSIC", "ABOVE_MAXIMUM", "EXPIRED",
    "INVALID",       "NO_UNDERLYING", "NO_QUOTE",   "STALE",         "CROSSED",
    "AFTER_SETTLEMENT", "GREEKS_LATE", "GREEKS_SKIPPED", "NOT_AN_OPTION", "NOT_REQUESTED"};
inline const names FORWARD_SOURCE = {"NONE", "PARITY", "FUTURE", "CARRIED_FUTURE", "SPOT_CARRY"};
inline const names MODEL = {"NONE", "BLACK_76", "BLACK_SCHOLES_MERTON"};

inline uint64_t position(uint32_t low, uint32_t high) { return (uint64_t{high} << 32) | low; }

inline json number(uint32_t value) { return value == NO_UINT ? json() : json(value); }
inline json number(double value) { return value == DBL_MAX ? json() : json(value); }
inline json number(float value) { return value == FLT_MAX ? json() : json(double{value}); }

inline json price(uint32_t value, uint32_t divisor) {
  return value == NO_UINT || divisor == 0 ? json() : json(double(value) / divisor);
}

// Microseconds; 0 is the broker's "absent".
inline json time(uint32_t seconds) {
  return seconds == 0 || seconds == NO_UINT ? json() : json(uint64_t{seconds} * 1000000);
}

inline json bits(uint32_t value, const names &table) {
  json set = json::array();
  for (size_t bit = 0; bit < table.size(); ++bit) {
    if (table[bit] && (value >> bit & 1)) set.push_back(table[bit]);
  }
  return set;
}

// A code newer than this program keeps its number.
inline std::string name(uint8_t code, const names &table, const char *prefix) {
  return code < table.size() ? table[code] : prefix + std::to_string(code);
}

// null for NONE and undefined.
inline json source(uint8_t code, const names &table) {
  return code == 0 || code == NO_BYTE ? json() : json(name(code, table, "CODE_"));
}

// `T`: Greeks or CompactTick, which has the same fields.
template <typename T>
json greeks(const T &g) {
  if (g.status() == NOT_AN_OPTION) return json();
  return {
      {"status", g.status() == NO_BYTE ? "UNSET" : name(g.status(), STATUS, "STATUS_")},
      {"iv", number(g.iv())},
      {"delta", number(g.delta())},
      {"gamma", number(g.gamma())},
      {"theta", number(g.theta())},
      {"vega", number(g.vega())},
      {"rho", number(g.rho())},
      {"forward", number(g.forward())},
      {"iv_own", number(g.iv_own())},
      {"iv_bid", number(g.iv_bid())},
      {"iv_ask", number(g.iv_ask())},
      {"forward_source", source(g.forward_source(), FORWARD_SOURCE)},
      {"model", source(g.model(), MODEL)},
      {"quality", bits(g.quality() == NO_BYTE ? 0 : g.quality(), QUALITY)},
      {"time_to_expiry", number(g.time_to_expiry())},
  };
}

inline void add_level(json &side, const json &price, uint32_t quantity, const json &orders) {
  if (price.is_null()) return;
  side.push_back({{"price", price}, {"quantity", number(quantity)}, {"orders", orders}});
}

// null: the packet had none.
inline json sides(json buy, json sell) {
  if (buy.empty() && sell.empty()) return json();
  return {{"buy", std::move(buy)}, {"sell", std::move(sell)}};
}

inline json depth(const ticker::Depth &d, uint32_t divisor) {
  json buy = json::array(), sell = json::array();
  for (auto level : {&d.buy_0(), &d.buy_1(), &d.buy_2(), &d.buy_3(), &d.buy_4()}) {
    add_level(buy, price(level->price(), divisor), level->quantity(), level->orders());
  }
  for (auto level : {&d.sell_0(), &d.sell_1(), &d.sell_2(), &d.sell_3(), &d.sell_4()}) {
    add_level(sell, price(level->price(), divisor), level->quantity(), level->orders());
  }
  return sides(std::move(buy), std::move(sell));
}

// What all kinds of ticks have. `T`: Quote, CompactTick or LtpTick.
template <typename T>
json identity(const T &q, const char *mode) {
  return {
      {"instrument_token", q.instrument_token()},
      {"sequence", position(q.sequence_low(), q.sequence_high())},
      {"instrument_sequence", q.instrument_sequence()},
      {"merged", q.merged()},
      {"flags", bits(q.flags(), FLAGS)},
      {"mode", mode},
      {"tradable", q.segment() != INDICES},
      {"receive_time", q.receive_time()},
      {"exchange_timestamp", time(q.exchange_timestamp())},
      {"last_price", price(q.last_price(), q.price_divisor())},
  };
}

inline json change(uint32_t last, uint32_t close, uint32_t divisor) {
  if (last == NO_UINT || close == NO_UINT || close == 0 || divisor == 0) return json();
  const double now = double(last) / divisor, before = double(close) / divisor;
  return (now - before) * 100 / before;
}

inline json quote(const ticker::Quote &q, const char *kind) {
  const char *mode = q.mode() == MODE_LTP ? "ltp" : q.mode() == MODE_QUOTE ? "quote" : kind;
  const uint32_t divisor = q.price_divisor();
  json tick = identity(q, mode);
  tick["last_trade_time"] = time(q.last_trade_time());
  tick["last_traded_quantity"] = number(q.last_quantity());
  tick["average_traded_price"] = price(q.average_price(), divisor);
  tick["volume_traded"] = number(q.volume());
  tick["total_buy_quantity"] = number(q.total_buy_quantity());
  tick["total_sell_quantity"] = number(q.total_sell_quantity());
  tick["ohlc"] = {
      {"open", price(q.open(), divisor)},
      {"high", price(q.high(), divisor)},
      {"low", price(q.low(), divisor)},
      {"close", price(q.close(), divisor)},
  };
  tick["change"] = change(q.last_price(), q.close(), divisor);
  tick["oi"] = number(q.oi());
  tick["oi_day_high"] = number(q.oi_day_high());
  tick["oi_day_low"] = number(q.oi_day_low());
  return tick;
}

template <typename T>
void add_greeks(json &tick, const T &g) {
  if (g.status() != NOT_REQUESTED) tick["greeks"] = greeks(g);
}

inline json compact(const ticker::CompactTick &t) {
  json tick = identity(t, "compact"), buy = json::array(), sell = json::array();
  tick["volume_traded"] = number(t.volume());
  tick["oi"] = number(t.oi());
  add_level(buy, price(t.bid_price(), t.price_divisor()), t.bid_quantity(), json());
  add_level(sell, price(t.ask_price(), t.price_divisor()), t.ask_quantity(), json());
  tick["depth"] = sides(std::move(buy), std::move(sell));
  add_greeks(tick, t);
  return tick;
}

// One binary message. Throws std::runtime_error if it is not a whole TickFrame.
inline json decode(const uint8_t *data, size_t size) {
  flatbuffers::Verifier verifier(data, size);
  if (!ticker::VerifyTickFrameBuffer(verifier)) throw std::runtime_error("not a TickFrame");
  const ticker::TickFrame &frame = *ticker::GetTickFrame(data);
  json list = json::array();
  // A frame uses one of the vectors; the others are null.
  if (frame.ticks()) {
    for (auto t : *frame.ticks()) {
      json tick = quote(t->quote(), "full");
      tick["depth"] = depth(t->depth(), t->quote().price_divisor());
      add_greeks(tick, t->greeks());
      list.push_back(std::move(tick));
    }
  }
  if (frame.quotes()) {
    for (auto t : *frame.quotes()) {
      json tick = quote(t->quote(), "quote");
      add_greeks(tick, t->greeks());
      list.push_back(std::move(tick));
    }
  }
  if (frame.compacts()) {
    for (auto t : *frame.compacts()) list.push_back(compact(*t));
  }
  if (frame.ltps()) {
    for (auto t : *frame.ltps()) list.push_back(identity(*t, "ltp"));
  }
  char epoch[17];
  std::snprintf(epoch, sizeof epoch, "%08x%08x", frame.epoch_high(), frame.epoch_low());
  return {
      {"type", "ticks"},
      {"epoch", epoch},
      {"sent_time", frame.sent_time()},
      {"through", position(frame.through_low(), frame.through_high())},
      {"ticks", std::move(list)},
  };
}

}  // namespace ticks
