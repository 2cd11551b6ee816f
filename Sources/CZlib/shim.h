// What Observability needs of zlib: deflate into the gzip format. deflateInit2 is a macro, which Swift cannot call.
#ifndef IDP_CZLIB_SHIM_H
#define IDP_CZLIB_SHIM_H

#include <zlib.h>

// Begins a gzip stream (RFC 1952); Z_OK, or why not. 15 is the largest window, 16 more asks for gzip's head and trailer
// instead of zlib's; 8 is the default of memory.
static inline int idp_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
