#ifndef IDP_CSECCOMP_SHIM_H
#define IDP_CSECCOMP_SHIM_H

#include <seccomp.h>
#include <stdint.h>

// The actions, which are macros that Swift does not import.
static const uint32_t idp_seccomp_allow = SCMP_ACT_ALLOW;
static inline uint32_t idp_seccomp_refuse(uint16_t number) { return SCMP_ACT_ERRNO(number); }

// seccomp_rule_add(3) is variadic. The first leaves a system call by its name to `action`, the second only where its
// first argument is `value`. 0, or -errno.
static inline int idp_seccomp_add(scmp_filter_ctx filter, uint32_t action, const char *name) {
    int number = seccomp_syscall_resolve_name(name);
    // Not known to the library: then nobody calls it, and a filter that lists what is allowed refuses it.
    if (number == __NR_SCMP_ERROR) return 0;
    int result = seccomp_rule_add(filter, action, number, 0);
    // A call that this machine does not have (open(2) on arm64).
    return number < 0 ? 0 : result;
}

static inline int idp_seccomp_add_first(scmp_filter_ctx filter, uint32_t action, const char *name, uint64_t value) {
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return 0;
    int result = seccomp_rule_add(filter, action, number, 1, SCMP_A0(SCMP_CMP_EQ, value));
    return number < 0 ? 0 : result;
}

#endif
