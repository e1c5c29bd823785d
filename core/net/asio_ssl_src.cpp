// Asio's own TLS code, once for all programs.
#include <boost/asio/ssl/impl/src.hpp>
