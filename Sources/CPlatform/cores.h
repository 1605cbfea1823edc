/* The cores that this process may use: the affinity mask of its thread, and the CPU quota of its
 * control group (what a container is given), whichever is less. A part of linux.h. */
#ifndef SWIFTREG_CORES_H
#define SWIFTREG_CORES_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CORES_PATH = 4096 };

/* Reads a file whole, at most `size` - 1 bytes, and ends it with 0. Returns 0 where there is none. */
static inline int cores_read(const char *path, char *text, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    size_t count = 0;
    ssize_t got = 0;
    while (count < size - 1 && (got = read(file, text + count, size - 1 - count)) > 0) count += (size_t)got;
    close(file);
    text[count] = 0;
    return got >= 0;
}

/* Joins four texts; 0 where they are too long for a path. */
static inline int cores_join(char *path, const char *a, const char *b, const char *c, const char *d) {
    const char *parts[] = {a, b, c, d};
    size_t length = 0;
    for (int i = 0; i < 4; i++) {
        size_t more = strlen(parts[i]);
        if (length + more >= CORES_PATH) return 0;
        memcpy(path + length, parts[i], more);
        length += more;
    }
    path[length] = 0;
    return 1;
}

/* quota / period, rounded up; 0 without a quota. */
static inline long cores_of_quota(long quota, long period) {
    return quota > 0 && period > 0 ? (quota - 1) / period + 1 : 0;
}

/* The quota that a folder of the control groups sets, in cores; 0: none. */
static inline long cores_of_folder(const char *root, const char *hierarchy, const char *group) {
    char path[CORES_PATH], text[64];
    if (cores_join(path, root, hierarchy, group, "/cpu.max") && cores_read(path, text, sizeof text)) {
        char *end; /* "max 100000" or "200000 100000" */
        long quota = strtol(text, &end, 10);
        return end == text ? 0 : cores_of_quota(quota, strtol(end, NULL, 10));
    }
    if (cores_join(path, root, hierarchy, group, "/cpu.cfs_quota_us") &&
        cores_read(path, text, sizeof text)) {
        long quota = strtol(text, NULL, 10); /* -1: none */
        if (cores_join(path, root, hierarchy, group, "/cpu.cfs_period_us") &&
            cores_read(path, text, sizeof text))
            return cores_of_quota(quota, strtol(text, NULL, 10));
    }
    return 0;
}

/* The least quota of the group and those above it, in cores; 0: none. Groups are named from the root
 * of the hierarchy; in a container that sees only its own, the root has the quota. */
static inline long cores_of_group(const char *root, const char *hierarchy, char *group) {
    long least = 0;
    for (;;) {
        long cores = cores_of_folder(root, hierarchy, group);
        if (cores > 0 && (least == 0 || cores < least)) least = cores;
        char *slash = strrchr(group, '/');
        if (slash == NULL) return least;
        *slash = 0;
    }
}

/* Whether a comma-separated list of controllers names `cpu`. */
static inline int cores_names_cpu(const char *list, const char *end) {
    while (list < end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma == NULL ? end : comma;
        if (stop - list == 3 && memcmp(list, "cpu", 3) == 0) return 1;
        list = stop + 1;
    }
    return 0;
}

/* The quota of this process in cores; 0: none. Lines of /proc/self/cgroup are
 * "id:controllers:/group"; version 2 has one, "0::/group". `root` precedes every path (for tests). */
static inline long cores_quota(const char *root) {
    static const char *const version1[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"};
    char path[CORES_PATH], text[CORES_PATH];
    long least = 0;
    if (!cores_join(path, root, "/proc/self/cgroup", "", "") || !cores_read(path, text, sizeof text))
        return 0;
    for (char *line = text; *line != 0;) {
        char *end = strchr(line, '\n');
        char *next = end == NULL ? line + strlen(line) : end + 1;
        if (end != NULL) *end = 0;
        char *controllers = strchr(line, ':');
        char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        line = next;
        if (group == NULL) continue;
        controllers++;
        const char *controllers_end = group++;
        if (strcmp(group, "/") == 0) *group = 0;
        long cores = 0;
        if (controllers == controllers_end) {
            cores = cores_of_group(root, "/sys/fs/cgroup", group);
        } else if (cores_names_cpu(controllers, controllers_end)) {
            char copy[CORES_PATH];
            for (int i = 0; i < 2 && cores == 0; i++) {
                if (cores_join(copy, group, "", "", "")) cores = cores_of_group(root, version1[i], copy);
            }
        }
        if (cores > 0 && (least == 0 || cores < least)) least = cores;
    }
    return least;
}

/* The cores of the affinity mask. */
static inline long cores_of_affinity(void) {
    /* The call itself: its wrapper is only declared under _GNU_SOURCE, which a module that
     * shares the headers of others cannot define. It returns the bytes that it wrote. */
    unsigned long set[128];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    long count = 0;
    for (long i = 0; i < bytes / (long)sizeof set[0]; i++) count += __builtin_popcountl(set[i]);
    return count > 0 ? count : sysconf(_SC_NPROCESSORS_ONLN);
}

/* The cores that this process may use, at least 1. SWIFTREG_SYSTEM_ROOT replaces the root of the
 * control groups' files, for tests. */
static inline int platform_core_count(void) {
    const char *root = getenv("SWIFTREG_SYSTEM_ROOT");
    long cores = cores_of_affinity(), quota = cores_quota(root == NULL ? "" : root);
    if (quota > 0 && quota < cores) cores = quota;
    return cores < 1 ? 1 : (int)cores;
}

#endif
