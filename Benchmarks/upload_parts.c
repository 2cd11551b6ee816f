// The parts of an upload that cannot be left out, each alone: what a file costs, what its hash costs.
//
//   upload_parts store DIRECTORY BYTES COUNT    create, write in one call, close, remove when 16 others are there,
//                                               as many as there are clients that upload
//   upload_parts hash BYTES COUNT               SHA-256 by OpenSSL
//
// Prints the processor time of one, in microseconds.
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double processor_microseconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int store(const char *directory, const char *bytes, size_t size, long count) {
    enum { alive = 16 };
    char path[4096];
    for (long index = 0; index < count + alive; index++) {
        snprintf(path, sizeof path, "%s/part-%ld", directory, index - alive);
        if (index >= alive && unlink(path) != 0) return 1;
        if (index >= count) continue;
        snprintf(path, sizeof path, "%s/part-%ld", directory, index);
        int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size || close(descriptor) != 0) return 1;
    }
    return 0;
}

static int hash(const char *bytes, size_t size, long count) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    for (long index = 0; index < count; index++)
        if (EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL) != 1) return 1;
    return 0;
}

int main(int argument_count, char **arguments) {
    int is_store = argument_count == 5 && strcmp(arguments[1], "store") == 0;
    if (!is_store && !(argument_count == 4 && strcmp(arguments[1], "hash") == 0)) {
        fprintf(stderr, "usage: upload_parts store DIRECTORY BYTES COUNT | hash BYTES COUNT\n");
        return 2;
    }
    size_t size = (size_t)atol(arguments[argument_count - 2]);
    long count = atol(arguments[argument_count - 1]);
    char *bytes = malloc(size);
    for (size_t index = 0; index < size; index++) bytes[index] = (char)(index * 31 + index / 7);
    double before = processor_microseconds();
    int failed = is_store ? store(arguments[2], bytes, size, count) : hash(bytes, size, count);
    if (failed) {
        perror("upload_parts");
        return 1;
    }
    printf("%.2f\n", (processor_microseconds() - before) / count);
    return 0;
}
