/* Functions that glibc before 2.33 has under other names. Linked into the library of a wheel. */
#include <sys/stat.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* _STAT_VER of <bits/xstatver.h>. */
#ifdef __x86_64__
enum { STAT_VERSION = 1 };
#else
enum { STAT_VERSION = 0 };
#endif

int __xstat(int version, const char *path, struct stat *file);
int __fxstat(int version, int descriptor, struct stat *file);

HIDDEN int stat(const char *path, struct stat *file) { return __xstat(STAT_VERSION, path, file); }
HIDDEN int fstat(int descriptor, struct stat *file) { return __fxstat(STAT_VERSION, descriptor, file); }

/* A static part of every glibc. */
extern void *__dso_handle HIDDEN;
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *library);

HIDDEN int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    return __register_atfork(prepare, parent, child, __dso_handle);
}
