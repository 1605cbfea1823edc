/* Networks saved to files and loaded: every bit is the same, and no file is half written. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "networks.h"
#include "tests.h"

/* ---- A directory for each test --------------------------------------------------------- */

static char directory[256];

static void make_directory(void) {
    const char *place = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/swiftreg-test-XXXXXX", place == NULL ? "/tmp" : place);
    if (!CHECK(mkdtemp(directory) != NULL)) exit(EXIT_FAILURE);
}

static const char *in_directory(const char *name) {
    static char path[2][512];
    static int next;
    next ^= 1;
    snprintf(path[next], sizeof path[next], "%s/%s", directory, name);
    return path[next];
}

/* The number of files in the directory; removes them if `removes`. */
static int count_files(bool removes) {
    DIR *stream = opendir(directory);
    int count = 0;
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        count++;
        if (removes) unlink(in_directory(entry->d_name));
    }
    if (stream != NULL) closedir(stream);
    return count;
}

static void remove_directory(void) {
    count_files(true);
    CHECK(rmdir(directory) == 0);
}

/* ---- Round trips ----------------------------------------------------------------------- */

TEST(files_disk) {
    make_directory();
    for (int round = 0; round < 20; round++) {
        describe("files_disk " REAL_NAME ", network %d", round);
        network *original = random_network(round % 2 == 0), *copy = NULL;
        const char *path = in_directory("network");
        const mode_t mask = umask(round % 2 == 0 ? 027 : 077);
        CHECK_OK(REG(network_save)(original, path));
        umask(mask);
        struct stat file;
        CHECK(stat(path, &file) == 0 && (file.st_mode & 0777) == (round % 2 == 0 ? 0640 : 0600));
        CHECK(count_files(false) == 1);
        size_t size;
        const unsigned char *bytes = serialized(original, &size);
        CHECK((size_t)file.st_size == size);
        unsigned char *read_back = BUFFER(unsigned char, size);
        FILE *stream = fopen(path, "rb");
        CHECK(stream != NULL && fread(read_back, 1, size, stream) == size);
        if (stream != NULL) fclose(stream);
        CHECK(memcmp(bytes, read_back, size) == 0);
        CHECK_OK(REG(network_load)(path, &copy));
        CHECK(same_networks(original, copy));
        REG(network_destroy)(copy);
        REG(network_destroy)(original);
        release_buffers();
    }
    remove_directory();
}

/* A path without a directory is relative to the current one. */
TEST(files_relative) {
    make_directory();
    char before[4096];
    network *original = random_network(true), *copy = NULL;
    CHECK(getcwd(before, sizeof before) != NULL && chdir(directory) == 0);
    CHECK_OK(REG(network_save)(original, "here"));
    CHECK_OK(REG(network_load)("./here", &copy));
    CHECK(chdir(before) == 0);
    CHECK(same_networks(original, copy) && count_files(false) == 1);
    REG(network_destroy)(copy);
    REG(network_destroy)(original);
    remove_directory();
}

/* ---- Errors ---------------------------------------------------------------------------- */

#define FILE_ERROR(number, call)                                                                             \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        CHECK_STATUS(REG_ERROR_FILE, call);                                                                  \
        CHECK(errno == (number));                                                                            \
    } while (0)

/* Paths that cannot be loaded, or saved and exported to, with their errno. */
static void check_path(network *original, const char *path, int load_error, int save_error) {
    describe("files_errors " REAL_NAME ", path %s", path);
    network *loaded = original;
    FILE_ERROR(load_error, REG(network_load)(path, &loaded));
    CHECK(loaded == NULL);
    FILE_ERROR(save_error, REG(network_save)(original, path));
    FILE_ERROR(save_error, REG(network_export_c)(original, path, "predict"));
}

TEST(files_errors) {
    make_directory();
    network *original = random_network(true), *out = original;
    size_t size = 99;
    const unsigned char *bytes = serialized(original, &size);
    CHECK_STATUS(REG_ERROR_NULL, REG(network_serialize)(NULL, NULL, 0, &size));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_serialize)(original, NULL, 0, NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_deserialize)(bytes, size, NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_deserialize)(NULL, size, &out));
    CHECK(out == NULL);
    CHECK_STATUS(REG_ERROR_NULL, REG(network_save)(NULL, in_directory("a")));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_save)(original, NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_load)(in_directory("a"), NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_load)(NULL, &out));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(NULL, in_directory("a"), "predict"));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(original, NULL, "predict"));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(original, in_directory("a"), NULL));
    CHECK(count_files(false) == 0);

    CHECK_OK(REG(network_save)(original, in_directory("file")));
    CHECK(mkfifo(in_directory("pipe"), 0600) == 0);
    check_path(original, in_directory("pipe"), EINVAL, EINVAL);
    unlink(in_directory("pipe"));
    check_path(original, directory, EISDIR, EISDIR);
    check_path(original, in_directory("missing/file"), ENOENT, ENOENT);
    check_path(original, in_directory("file/file"), ENOTDIR, ENOTDIR);
    check_path(original, "", ENOENT, ENOENT);
    check_path(original, "/dev/null", EINVAL, EINVAL);
    char *long_name = BUFFER(char, 400);
    memset(long_name, 'x', 399);
    long_name[399] = 0;
    check_path(original, in_directory(long_name), ENAMETOOLONG, ENAMETOOLONG);
    FILE_ERROR(ENOENT, REG(network_load)(in_directory("missing"), &out));
    CHECK(count_files(false) == 1);

    /* The longest possible name leaves room for the temporary name. */
    long_name[255] = 0;
    CHECK_OK(REG(network_save)(original, in_directory(long_name)));
    CHECK_OK(REG(network_load)(in_directory(long_name), &out));
    CHECK(same_networks(original, out));
    REG(network_destroy)(out);

    FILE *stream = fopen(in_directory("short"), "wb");
    CHECK(stream != NULL && fwrite(bytes, 1, size - 1, stream) == size - 1 && fclose(stream) == 0);
    CHECK_STATUS(REG_ERROR_FORMAT, REG(network_load)(in_directory("short"), &out));
    CHECK(out == NULL);
    stream = fopen(in_directory("empty"), "wb");
    CHECK(stream != NULL && fclose(stream) == 0);
    CHECK_STATUS(REG_ERROR_FORMAT, REG(network_load)(in_directory("empty"), &out));
    /* A sparse file of a terabyte. */
    const int sparse = open(in_directory("sparse"), O_WRONLY | O_CREAT, 0600);
    if (ftruncate(sparse, (off_t)1 << 40) == 0)
        CHECK_STATUS(REG_ERROR_FORMAT, REG(network_load)(in_directory("sparse"), &out));
    close(sparse);
    REG(network_destroy)(original);
    remove_directory();
}

TEST(files_names) {
    make_directory();
    network *original = random_network(false);
    const char *path = in_directory("file.c");
    static const char *const bad[] = {"",      "1a",       "a-b",         "a b",       "a.b",    "\xc3\xa4",
                                      "a\n",   "int",      "_Bool",       "while",     "main",   "exp",
                                      "expf",  "expl",     "log2f",       "sqrt",      "fmaxl",  "restrict",
                                      "NAN",   "INFINITY", "signbit",     "trunc",     "atan2f", "acos",
                                      "auto",  "double_t", "FP_FAST_FMA", "HUGE_VALL", "+",      "a;",
                                      "gamma", "j0",       "y1",          "signgam",   "M_PI",   "scalb"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        describe("files_names " REAL_NAME ", %s", bad[i]);
        CHECK_STATUS(REG_ERROR_NAME, REG(network_export_c)(original, path, bad[i]));
    }
    char name[257];
    memset(name, 'n', 256);
    name[256] = 0;
    CHECK_STATUS(REG_ERROR_NAME, REG(network_export_c)(original, path, name));
    CHECK(count_files(false) == 0);
    name[255] = 0;
    CHECK_OK(REG(network_export_c)(original, path, name));
    static const char *const good[] = {"a",   "_",    "x", "y", "predict", "int_",
                                       "Int", "exp_", "f", "l", "model2",  "u1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        describe("files_names " REAL_NAME ", %s", good[i]);
        CHECK_OK(REG(network_export_c)(original, path, good[i]));
    }
    REG(network_destroy)(original);
    remove_directory();
}

/* ---- The old file stays whole ---------------------------------------------------------- */

TEST(files_full_disk) {
    make_directory();
    network *old = random_network(true), *new = random_network(true), *loaded = NULL;
    CHECK_OK(REG(network_save)(old, in_directory("network")));
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < 1000; room += 333) {
        const struct rlimit small = {room, limit.rlim_max};
        CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
        FILE_ERROR(EFBIG, REG(network_save)(new, in_directory("network")));
        FILE_ERROR(EFBIG, REG(network_export_c)(new, in_directory("network"), "predict"));
        CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
        CHECK(count_files(false) == 1);
        CHECK_OK(REG(network_load)(in_directory("network"), &loaded));
        CHECK(same_networks(old, loaded));
        REG(network_destroy)(loaded);
    }
    signal(SIGXFSZ, handler);
    REG(network_destroy)(old);
    REG(network_destroy)(new);
    remove_directory();
}

TEST(files_killed) {
    make_directory();
    network *networks[2] = {random_network(true), random_network(true)}, *loaded = NULL;
    CHECK_OK(REG(network_save)(networks[0], in_directory("network")));
    const char *path = in_directory("network");
    for (int round = 0; round < 20; round++) {
        const pid_t child = fork();
        if (child == 0)
            for (int i = 1;; i++)
                if (REG(network_save)(networks[i % 2], path) != REG_OK) _exit(1);
        usleep((useconds_t)random_int(0, 10000));
        int status = 0;
        CHECK(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        CHECK_OK(REG(network_load)(path, &loaded));
        CHECK(loaded != NULL && (same_networks(networks[0], loaded) || same_networks(networks[1], loaded)));
        REG(network_destroy)(loaded);
        loaded = NULL;
    }
    /* Files of killed processes do not disturb others, even if their process number is reused. */
    CHECK_OK(REG(network_save)(networks[0], path));
    REG(network_destroy)(networks[0]);
    REG(network_destroy)(networks[1]);
    remove_directory();
}

static char shared_path[512];

static void *save_often(void *context) {
    size_t saved = 0;
    for (int i = 0; i < 40; i++) saved += REG(network_save)(context, shared_path) == REG_OK;
    return saved == 40 ? context : NULL;
}

TEST(files_at_once) {
    make_directory();
    network *networks[2] = {random_network(true), random_network(true)}, *loaded = NULL;
    strcpy(shared_path, in_directory("network"));
    void *contexts[2] = {networks[0], networks[1]}, *results[2] = {NULL, NULL};
    run_at_once(2, save_often, contexts, results);
    CHECK(results[0] != NULL && results[1] != NULL);
    CHECK(count_files(false) == 1);
    CHECK_OK(REG(network_load)(in_directory("network"), &loaded));
    CHECK(same_networks(networks[0], loaded) || same_networks(networks[1], loaded));
    REG(network_destroy)(loaded);
    REG(network_destroy)(networks[0]);
    REG(network_destroy)(networks[1]);
    remove_directory();
}
