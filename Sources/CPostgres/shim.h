// libpq, PostgreSQL's own client library.
#ifndef IDP_CPOSTGRES_SHIM_H
#define IDP_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

// A message of the server without its DETAIL and CONTEXT, which quote rows; libpq's field codes are C characters, which
// Swift imports as integers of another width.
static inline const char *idp_pq_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}

static inline const char *idp_pq_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

static inline const char *idp_pq_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

// libpq prints notices to standard error unless it is told otherwise.
static inline void idp_pq_ignore_notice(void *argument, const PGresult *result) {
    (void)argument;
    (void)result;
}

static inline void idp_pq_silence(PGconn *connection) {
    PQsetNoticeReceiver(connection, idp_pq_ignore_notice, NULL);
}

#endif
