// What EventHTTP needs of libevent 2.1.12 and of the OpenSSL behind its TLS bufferevents: includes only, and a
// static inline where Swift cannot call a macro or a variadic function.
#ifndef IDP_CLIBEVENT_SHIM_H
#define IDP_CLIBEVENT_SHIM_H

// First, before libevent's event-config.h defines _GNU_SOURCE: the types of the C library must come out as they do in
// Swift's own Glibc module, else a file that sees both finds two different fd_set.
#include <sys/types.h>
#include <sys/select.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <linux/filter.h>

// SSL_OP_* are made by a macro with an argument. An end of the stream without close_notify is an end: HTTP knows by
// itself whether a message is whole (RFC 9112 section 9.8).
static const uint64_t idp_tls_options =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF;
static const uint64_t idp_tls_no_tickets = SSL_OP_NO_TICKET;

// A name as RFC 2253 writes it, UTF-8 left as it is: a macro of several.
static const unsigned long idp_name_flags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;

// sk_GENERAL_NAME_pop_free is a macro. Frees the stack and its names.
static inline void idp_free_general_names(struct stack_st_GENERAL_NAME *names) {
    GENERAL_NAMES_free(names);
}

// SIG_IGN is a cast to a function pointer, which Swift does not import. Process-wide; called once before any loop runs.
static inline void idp_ignore_sigpipe(void) {
    signal(SIGPIPE, SIG_IGN);
}

// A counter that wakes a loop; -1 with errno. Swift's Glibc module has not this header.
static inline int idp_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

// fcntl and open are variadic. -1 with errno.
static inline int idp_duplicate(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
}

static inline int idp_open_lock(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// Names the calling thread for debuggers and top, at most 15 bytes; prctl is variadic. A name that does not take is no
// harm.
static inline void idp_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Lets the kernel drop every packet that comes for a listening socket: no new connection can come to it, and those
// that wait to be accepted stay. 0, or -1 with errno (socket(7), SO_ATTACH_FILTER).
static inline int idp_drop_incoming(int descriptor) {
    struct sock_filter drop_all[] = {{BPF_RET | BPF_K, 0, 0, 0}};
    struct sock_fprog program = {1, drop_all};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

#endif
