/* The console and the heap of newlib, for a program of Tests/c whose main function is test_main. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "board.h"
#include "swiftreg_bare_metal.h"

int test_main(int argc, char **argv);

enum { LIBRARY_BYTES = 6 << 20, C_BYTES = 8 << 20 };
static _Alignas(8) uint8_t library_memory[LIBRARY_BYTES], c_memory[C_BYTES];
static size_t c_used;

static void write_bytes(const char *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) board_write((char[2]){bytes[i], '\0'});
}

int _write(int file, const char *bytes, int count);
int _write(int file, const char *bytes, int count) {
    (void)file;
    write_bytes(bytes, (size_t)count);
    return count;
}

void *_sbrk(ptrdiff_t bytes);
void *_sbrk(ptrdiff_t bytes) {
    if (bytes < 0 || (size_t)bytes > C_BYTES - c_used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    void *start = c_memory + c_used;
    c_used += (size_t)bytes;
    return start;
}

int _read(int file, char *bytes, int count);
int _read(int file, char *bytes, int count) { return (void)file, (void)bytes, (void)count, 0; }
int _close(int file);
int _close(int file) { return (void)file, 0; }
long _lseek(int file, long offset, int from);
long _lseek(int file, long offset, int from) { return (void)file, (void)offset, (void)from, 0; }
int _isatty(int file);
int _isatty(int file) { return (void)file, 1; }
int _fstat(int file, struct stat *status);
int _fstat(int file, struct stat *status) {
    (void)file;
    status->st_mode = S_IFCHR;
    return 0;
}
int _getpid(void);
int _getpid(void) { return 1; }
int _kill(int process, int signal);
int _kill(int process, int signal) { return (void)process, (void)signal, 0; }
void _exit(int status);
void _exit(int status) {
    board_exit(status);
    for (;;) continue;
}

int main(void) {
    if (reg_set_heap(library_memory, sizeof library_memory) != 0) board_exit(2);
    static char *arguments[] = {"test", NULL};
    const int status = test_main(1, arguments);
    fflush(NULL);
    return status;
}
