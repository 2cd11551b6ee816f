// libcurl; its variadic setters get a typed static inline each.
#ifndef IDP_CCURL_SHIM_H
#define IDP_CCURL_SHIM_H

#include <curl/curl.h>

#endif
