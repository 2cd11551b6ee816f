// evhttp as its manual uses it, in C: what the front is compared with.
//
//   evhttp_plain PORT
//
// GET /health answers a short JSON body; any POST is answered once evhttp has the whole body in memory.
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void reply(struct evhttp_request *request, const char *text) {
    struct evbuffer *body = evbuffer_new();
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
    evhttp_add_header(evhttp_request_get_output_headers(request), "Cache-Control", "no-store");
    evbuffer_add_printf(body, "%s", text);
    evhttp_send_reply(request, HTTP_OK, "OK", body);
    evbuffer_free(body);
}

static void health(struct evhttp_request *request, void *context) {
    (void)context;
    reply(request, "{\"status\":\"ok\",\"service\":\"idp-loan-deferment-service\"}");
}

static void other(struct evhttp_request *request, void *context) {
    (void)context;
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    evbuffer_drain(input, evbuffer_get_length(input));
    reply(request, "{\"status\":\"ok\"}");
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: evhttp_plain PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    struct event_base *base = event_base_new();
    struct evhttp *http = base ? evhttp_new(base) : NULL;
    if (!http || evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(arguments[1])) != 0) {
        fprintf(stderr, "evhttp_plain: cannot listen on %s\n", arguments[1]);
        return 1;
    }
    evhttp_set_cb(http, "/health", health, NULL);
    evhttp_set_gencb(http, other, NULL);
    return event_base_dispatch(base) == 0 ? 0 : 1;
}
