// The one translation unit that compiles Boost.Beast's separately compiled implementation.
#include <boost/beast/src.hpp>
