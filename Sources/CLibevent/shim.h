// What EventHTTP needs of libevent 2.1.12 and of the OpenSSL behind its TLS bufferevents: includes only, and a
// static inline where Swift cannot call a macro or a variadic function.
#ifndef IDP_CLIBEVENT_SHIM_H
#define IDP_CLIBEVENT_SHIM_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#endif
