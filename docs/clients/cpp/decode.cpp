// Prints frames that were kept in files, a line of JSON each: decode FILE...
#include <fstream>
#include <iostream>
#include <iterator>

#include "ticks.h"

int main(int count, char **paths) try {
  for (int i = 1; i < count; ++i) {
    std::ifstream file(paths[i], std::ios::binary);
    if (!file) throw std::runtime_error(std::string("cannot read ") + paths[i]);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    const auto data = reinterpret_cast<const uint8_t *>(bytes.data());
    std::cout << ticks::decode(data, bytes.size()) << '\n';
  }
} catch (const std::exception &error) {
  std::cerr << error.what() << '\n';
  return 1;
}
