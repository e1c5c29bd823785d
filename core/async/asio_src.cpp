// Asio's own code, once for all programs.
#include <boost/asio/impl/src.hpp>
