// Prints live frames, a line of JSON each; other messages of the service go to standard error.
//
//   watch HOST PORT KEY_FILE REQUEST [FOLDER [FRAMES]]
//
// REQUEST is a subscribe message. FOLDER keeps the frames themselves; it stops after FRAMES.
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "ticks.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

using Socket = websocket::stream<asio::ip::tcp::socket>;

// Beyond a missed heartbeat (15 s) the connection is dead.
constexpr std::chrono::seconds PATIENCE{20};

void read(asio::io_context &io, Socket &socket, beast::flat_buffer &buffer) {
  error_code result = asio::error::would_block;
  buffer.clear();
  socket.async_read(buffer, [&](error_code error, size_t) { result = error; });
  io.restart();
  io.run_for(PATIENCE);
  if (result == websocket::error::closed) {
    const auto &reason = socket.reason();
    throw std::runtime_error("closed: " + std::to_string(reason.code) + " " +
                             std::string(reason.reason.c_str()));
  }
  if (result == asio::error::would_block) throw std::runtime_error("the service is silent");
  if (result) throw boost::system::system_error(result);
}

void keep(const std::string &folder, uint64_t number, const uint8_t *data, size_t size) {
  std::ostringstream path;
  path << folder << '/' << std::setw(6) << std::setfill('0') << number << ".tick";
  std::ofstream(path.str(), std::ios::binary).write(reinterpret_cast<const char *>(data), size);
}

int main(int count, char **arguments) try {
  if (count < 5) {
    std::cerr << "watch HOST PORT KEY_FILE REQUEST [FOLDER [FRAMES]]\n";
    return 2;
  }
  const std::string host = arguments[1], port = arguments[2], request = arguments[4];
  const std::string folder = count > 5 ? arguments[5] : "";
  const uint64_t frames = count > 6 ? std::stoull(arguments[6]) : UINT64_MAX;
  std::string key;
  std::ifstream(arguments[3]) >> key;

  asio::io_context io;
  Socket socket{io};
  asio::connect(socket.next_layer(), asio::ip::tcp::resolver{io}.resolve(host, port));
  socket.set_option(websocket::stream_base::decorator([&](websocket::request_type &upgrade) {
    upgrade.set(http::field::authorization, "Bearer " + key);
    upgrade.set(http::field::sec_websocket_protocol, "ticker.v1.fbs");
  }));
  socket.read_message_max(0);
  socket.handshake(host + ":" + port, "/ws/ticks");
  socket.write(asio::buffer(request));

  beast::flat_buffer buffer;
  for (uint64_t number = 0; number < frames;) {
    read(io, socket, buffer);
    const auto data = static_cast<const uint8_t *>(buffer.data().data());
    if (socket.got_text()) {
      std::cerr << beast::make_printable(buffer.data()) << std::endl;
      continue;
    }
    if (!folder.empty()) keep(folder, number, data, buffer.size());
    ++number;
    std::cout << ticks::decode(data, buffer.size()) << std::endl;
  }
  socket.close(websocket::close_code::normal);
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
