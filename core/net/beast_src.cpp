// Beast's own code, once for all programs.
#include <boost/beast/src.hpp>
