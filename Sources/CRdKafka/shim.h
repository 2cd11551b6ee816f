// librdkafka, the Apache Kafka client library in C.
#ifndef IDP_CRDKAFKA_SHIM_H
#define IDP_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>

// rd_kafka_producev takes its arguments as a variadic list, which Swift cannot call. Key and value are copied; the
// headers belong to librdkafka once it has returned no error.
static inline rd_kafka_resp_err_t idp_rdk_produce(
    rd_kafka_t *client, const char *topic, const void *key, size_t key_size, const void *value, size_t value_size,
    rd_kafka_headers_t *headers, void *opaque) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY((void *)key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

#endif
