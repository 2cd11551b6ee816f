#pragma once

/* syncfs(2). glibc shows it only under _GNU_SOURCE, which a Swift target cannot define for the system's headers. */
extern int syncfs(int fd);
