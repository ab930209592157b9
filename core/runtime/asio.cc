// The one translation unit that compiles Boost.Asio's separately compiled implementation.
#include <boost/asio/impl/src.hpp>
