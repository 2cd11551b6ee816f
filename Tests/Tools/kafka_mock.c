// A Kafka cluster of the tests' own: librdkafka's mock brokers (rdkafka_mock.h), which speak the real protocol, with a
// door for tests in HTTP.
//
//   kafka_mock TOPIC:PARTITIONS...    prints {"brokers":"...","control":PORT} once it listens
//
//   POST /produce?topic=T&partition=P[&key=K][&traceparent=H]   the body is the value; partition -1 takes any
//   POST /tombstone?topic=T&partition=P[&key=K]                 a record without a value
//   GET  /records?topic=T           what is in the topic: a line of JSON each, bytes in hexadecimal digits
//   GET  /committed?group=G&topic=T&partitions=N                committed offsets, -1001 where there is none
//   POST /down, POST /up            brokers break connections and refuse them; take them again
//   POST /fail?api=A&code=C&count=N the next requests of a kind are answered with an error (0 is Produce); 0 of them
//                                   takes back what was asked for
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

enum { topics_max = 16, text_max = 1 << 24 };

struct topic {
    char name[256];
    int partitions;
    char *lines;
    size_t size;
};

static struct topic topics[topics_max];
static int topic_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static rd_kafka_mock_cluster_t *cluster;
static rd_kafka_t *producer;
static char brokers[512];

static void fail(const char *what, const char *why) {
    fprintf(stderr, "kafka_mock: %s: %s\n", what, why);
    exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *group) {
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    const char *values[][2] = {
        {"bootstrap.servers", brokers}, {"group.id", group}, {"auto.offset.reset", "earliest"},
        {"enable.auto.commit", "false"}, {"reconnect.backoff.max.ms", "500"}, {"message.max.bytes", "10000000"}};
    int count = type == RD_KAFKA_CONSUMER ? 5 : 1;
    for (int i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, values[i][0], values[i][1], text, sizeof text) != RD_KAFKA_CONF_OK)
            fail("conf", text);
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set(conf, "message.max.bytes", "10000000", text, sizeof text);
    rd_kafka_t *made = rd_kafka_new(type, conf, text, sizeof text);
    if (!made) fail("rd_kafka_new", text);
    return made;
}

static struct topic *find(const char *name) {
    for (int i = 0; i < topic_count; i++)
        if (strcmp(topics[i].name, name) == 0) return &topics[i];
    return NULL;
}

static void append(struct topic *topic, const char *format, ...) {
    va_list list;
    va_start(list, format);
    int room = text_max - (int)topic->size;
    int written = vsnprintf(topic->lines + topic->size, (size_t)room, format, list);
    va_end(list);
    if (written < 0 || written >= room) fail("records", "too many");
    topic->size += (size_t)written;
}

static void append_hex(struct topic *topic, const void *bytes, size_t size) {
    if (!bytes) {
        append(topic, "null");
        return;
    }
    append(topic, "\"");
    for (size_t i = 0; i < size; i++) append(topic, "%02x", ((const unsigned char *)bytes)[i]);
    append(topic, "\"");
}

static void keep(const rd_kafka_message_t *message) {
    pthread_mutex_lock(&lock);
    struct topic *topic = find(rd_kafka_topic_name(message->rkt));
    if (topic) {
        append(topic, "{\"partition\":%d,\"offset\":%lld,\"key\":", message->partition, (long long)message->offset);
        append_hex(topic, message->key, message->key_len);
        append(topic, ",\"value\":");
        append_hex(topic, message->payload, message->len);
        append(topic, ",\"headers\":{");
        rd_kafka_headers_t *headers = NULL;
        const char *name;
        const void *value;
        size_t size;
        if (!rd_kafka_message_headers(message, &headers))
            for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
                append(topic, "%s\"%s\":", i ? "," : "", name);
                append_hex(topic, value, size);
            }
        append(topic, "}}\n");
    }
    pthread_mutex_unlock(&lock);
}

// Reads all topics from their beginnings.
static void *watch(void *unused) {
    (void)unused;
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, "kafka_mock");
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(16);
    for (int i = 0; i < topic_count; i++)
        for (int partition = 0; partition < topics[i].partitions; partition++)
            rd_kafka_topic_partition_list_add(all, topics[i].name, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(consumer, all);
    for (;;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 1000);
        if (!message) continue;
        if (!message->err) keep(message);
        rd_kafka_message_destroy(message);
    }
    return NULL;
}

// The value of a name in a query; empty where there is none. Tests' values need no escapes.
static const char *value(const char *query, const char *name, char *buffer, size_t size) {
    buffer[0] = 0;
    size_t length = strlen(name);
    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            snprintf(buffer, size, "%.*s", (int)strcspn(at + length + 1, "&"), at + length + 1);
            break;
        }
    return buffer;
}

static rd_kafka_resp_err_t produce(const char *query, const char *body, size_t size) {
    char topic[256], key[256], partition[16], trace[128];
    value(query, "topic", topic, sizeof topic);
    value(query, "key", key, sizeof key);
    value(query, "partition", partition, sizeof partition);
    value(query, "traceparent", trace, sizeof trace);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    if (trace[0]) rd_kafka_header_add(headers, "traceparent", -1, trace, -1);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition[0] ? atoi(partition) : -1),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((key[0] ? key : NULL), strlen(key)),
        RD_KAFKA_V_VALUE((void *)body, size), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    return error ? error : rd_kafka_flush(producer, 20000);
}

static rd_kafka_resp_err_t committed(const char *query, char *answer, size_t size) {
    char topic[256], group[256], partitions[16];
    value(query, "topic", topic, sizeof topic);
    value(query, "partitions", partitions, sizeof partitions);
    rd_kafka_t *asker = client(RD_KAFKA_CONSUMER, value(query, "group", group, sizeof group));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < atoi(partitions); i++) rd_kafka_topic_partition_list_add(list, topic, i);
    rd_kafka_resp_err_t error = rd_kafka_committed(asker, list, 20000);
    size_t at = (size_t)snprintf(answer, size, "[");
    for (int i = 0; i < list->cnt; i++)
        at += (size_t)snprintf(
            answer + at, size - at, "%s%lld", i ? "," : "", (long long)list->elems[i].offset);
    snprintf(answer + at, size - at, "]");
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(asker);
    return error;
}

static rd_kafka_resp_err_t push_errors(const char *query) {
    char api[16], code[16], count[16];
    int times = atoi(value(query, "count", count, sizeof count));
    rd_kafka_resp_err_t errors[1024];
    if (times == 0) rd_kafka_mock_clear_request_errors(cluster, (int16_t)atoi(value(query, "api", api, sizeof api)));
    if (times < 1 || times > 1024) return times ? RD_KAFKA_RESP_ERR__INVALID_ARG : RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < times; i++) errors[i] = atoi(value(query, "code", code, sizeof code));
    rd_kafka_mock_push_request_errors_array(
        cluster, (int16_t)atoi(value(query, "api", api, sizeof api)), (size_t)times, errors);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void answer(int socket, const char *path, const char *query, const char *body, size_t size) {
    static char text[4096];
    char name[256];
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    const char *content = text;
    char *copy = NULL;
    text[0] = 0;
    if (strcmp(path, "/produce") == 0) {
        error = produce(query, body, size);
    } else if (strcmp(path, "/tombstone") == 0) {
        error = produce(query, NULL, 0);
    } else if (strcmp(path, "/committed") == 0) {
        error = committed(query, text, sizeof text);
    } else if (strcmp(path, "/records") == 0) {
        pthread_mutex_lock(&lock);
        struct topic *topic = find(value(query, "topic", name, sizeof name));
        content = copy = topic ? strndup(topic->lines, topic->size) : strdup("");
        pthread_mutex_unlock(&lock);
    } else if (strcmp(path, "/down") == 0) {
        error = rd_kafka_mock_broker_set_down(cluster, -1);
    } else if (strcmp(path, "/up") == 0) {
        error = rd_kafka_mock_broker_set_up(cluster, -1);
    } else if (strcmp(path, "/fail") == 0) {
        error = push_errors(query);
    } else {
        error = RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
    }
    if (error) content = rd_kafka_err2str(error);
    dprintf(
        socket, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", error ? "500 Failed" : "200 OK",
        strlen(content), content);
    free(copy);
}

static void serve(int socket) {
    static char buffer[1 << 21];
    size_t size = 0;
    char *end = NULL;
    while (!end) {
        ssize_t count = read(socket, buffer + size, sizeof buffer - 1 - size);
        if (count <= 0) return;
        size += (size_t)count;
        buffer[size] = 0;
        end = strstr(buffer, "\r\n\r\n");
    }
    char *body = end + 4, *length = strcasestr(buffer, "\r\ncontent-length:");
    size_t wanted = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    while (size < (size_t)(body - buffer) + wanted) {
        ssize_t count = read(socket, buffer + size, sizeof buffer - 1 - size);
        if (count <= 0) return;
        size += (size_t)count;
    }
    char target[2048] = "";
    sscanf(buffer, "%*s %2047s", target);
    char *query = strchr(target, '?');
    if (query) *query++ = 0;
    answer(socket, target, query ? query : "", body, wanted);
}

int main(int argc, char **argv) {
    char text[512];
    // A test that is killed takes its cluster with it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    rd_kafka_t *keeper = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof text);
    if (!keeper || !(cluster = rd_kafka_mock_cluster_new(keeper, 1))) fail("cluster", text);
    snprintf(brokers, sizeof brokers, "%s", rd_kafka_mock_cluster_bootstraps(cluster));
    for (int i = 1; i < argc && topic_count < topics_max; i++) {
        struct topic *topic = &topics[topic_count++];
        char *colon = strchr(argv[i], ':');
        if (!colon) fail(argv[i], "must be TOPIC:PARTITIONS");
        snprintf(topic->name, sizeof topic->name, "%.*s", (int)(colon - argv[i]), argv[i]);
        topic->partitions = atoi(colon + 1);
        if (!(topic->lines = malloc(text_max))) fail("memory", argv[i]);
        rd_kafka_resp_err_t error = rd_kafka_mock_topic_create(cluster, topic->name, topic->partitions, 1);
        if (error) fail(argv[i], rd_kafka_err2str(error));
    }
    producer = client(RD_KAFKA_PRODUCER, NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, watch, NULL) != 0) fail("thread", "not started");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 64) != 0) fail("listen", "failed");
    getsockname(listener, (struct sockaddr *)&address, &length);
    printf("{\"brokers\":\"%s\",\"control\":%d}\n", brokers, ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int socket = accept(listener, NULL, NULL);
        if (socket < 0) continue;
        serve(socket);
        close(socket);
    }
}
