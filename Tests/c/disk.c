/* Networks saved to files and loaded: every bit is the same, and no file is half written. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk.h"
#include "host.h"
#include "networks.h"
#include "tests.h"

/* ---- Round trips ----------------------------------------------------------------------- */

TEST(files_disk) {
    make_directory();
    for (int round = 0; round < 20; round++) {
        describe("files_disk " REAL_NAME ", network %d", round);
        network *original = random_network(round % 2 == 0), *copy = NULL;
        const char *path = in_directory("network");
        unlink(path);
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

/* Paths that cannot be loaded, or saved and exported to, with their errno. */
static void check_path(network *original, const char *path, int load_error, int save_error) {
    describe("files_errors " REAL_NAME ", path %s", path);
    network *loaded = original;
    FILE_ERROR(load_error, REG(network_load)(path, &loaded));
    CHECK(loaded == NULL);
    FILE_ERROR(save_error, REG(network_save)(original, path));
    FILE_ERROR(save_error, REG(network_export_c)(original, path, "predict", NULL));
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
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(NULL, in_directory("a"), "predict", NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(original, NULL, "predict", NULL));
    CHECK_STATUS(REG_ERROR_NULL, REG(network_export_c)(original, in_directory("a"), NULL, NULL));
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
        CHECK_STATUS(REG_ERROR_NAME, REG(network_export_c)(original, path, bad[i], NULL));
    }
    char name[257];
    memset(name, 'n', 256);
    name[256] = 0;
    CHECK_STATUS(REG_ERROR_NAME, REG(network_export_c)(original, path, name, NULL));
    CHECK(count_files(false) == 0);
    name[255] = 0;
    CHECK_OK(REG(network_export_c)(original, path, name, NULL));
    static const char *const good[] = {"a",   "_",    "x", "y", "predict", "int_",
                                       "Int", "exp_", "f", "l", "model2",  "u1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        describe("files_names " REAL_NAME ", %s", good[i]);
        CHECK_OK(REG(network_export_c)(original, path, good[i], NULL));
    }
    REG(network_destroy)(original);
    remove_directory();
}

/* What the options may be, and that nothing is written otherwise. What the file computes is tested in Python. */
TEST(files_export_options) {
    make_directory();
    static const size_t widths[] = {2, 3}, one[] = {2, 1};
    static const double values[] = {1, 2, 3, 4};
    static const reg_input_step steps[] = {REG_STEP_SUBTRACT, REG_STEP_DIVIDE};
    static const reg_input_step no_steps[] = {REG_STEP_SUBTRACT, (reg_input_step)77};
    static const char *const labels[] = {"a", "b", "c"}, *const two_labels[] = {"a", NULL, "c"};
    char path[512], header[512];
    strcpy(path, in_directory("file.c"));
    strcpy(header, in_directory("file.h"));
    for (reg_loss loss = 0; (int)loss <= last_value(REG_ENUM_LOSS); loss++) {
        network *several = NULL, *single = NULL;
        reg_network_options shape = {
            .struct_size = sizeof shape, .layers = 1, .widths = widths, .loss = loss};
        CHECK_OK(REG(network_create)(&shape, &several));
        shape.widths = one;
        CHECK_OK(REG(network_create)(&shape, &single));
#define EXPORT(network, ...)                                                                                 \
    REG(network_export_c)(network, path, "f",                                                                \
                          &(reg_export_options){.struct_size = sizeof(reg_export_options), __VA_ARGS__})
        CHECK_STATUS(REG_ERROR_SHAPE, EXPORT(several, .precision = (reg_precision)3));
        CHECK_STATUS(REG_ERROR_SHAPE,
                     EXPORT(several, .steps = 2, .step_kinds = no_steps, .step_values = values));
        CHECK_STATUS(REG_ERROR_NULL, EXPORT(several, .steps = 2, .step_values = values));
        CHECK_STATUS(REG_ERROR_NULL, EXPORT(several, .steps = 2, .step_kinds = steps));
        CHECK_STATUS(REG_ERROR_SIZE, EXPORT(several, .steps = SIZE_MAX / 2, .step_kinds = steps));
        CHECK_STATUS(REG_ERROR_SHAPE, EXPORT(several, .classes = 2));
        CHECK_STATUS(REG_ERROR_SHAPE, EXPORT(single, .classes = 3));
        CHECK_STATUS(REG_ERROR_NAME, EXPORT(several, .header = path));
        CHECK(count_files(false) == 0);
        const bool is_softmax = loss == REG_SOFTMAX_CROSS_ENTROPY;
        CHECK_STATUS(is_softmax ? REG_ERROR_NULL : REG_ERROR_SHAPE,
                     EXPORT(several, .classes = 3, .labels = two_labels));
        CHECK_STATUS(is_softmax ? REG_OK : REG_ERROR_SHAPE, EXPORT(several, .classes = 3, .labels = labels));
        CHECK(count_files(true) == is_softmax);
        CHECK_STATUS(loss == REG_BINARY_CROSS_ENTROPY ? REG_OK : REG_ERROR_SHAPE,
                     EXPORT(single, .classes = 2));
        /* Both files or neither. */
        count_files(true);
        CHECK(mkdir(header, 0700) == 0);
        CHECK_STATUS(REG_ERROR_FILE, EXPORT(several, .header = header));
        CHECK(errno == EISDIR && count_files(false) == 1 && rmdir(header) == 0);
        CHECK_OK(EXPORT(several, .header = header, .steps = 2, .step_kinds = steps, .step_values = values,
                        .block = 1, .precision = REG_PRECISION_FLOAT32));
        CHECK(count_files(true) == 2);
        REG(network_destroy)(several);
        REG(network_destroy)(single);
    }
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
        FILE_ERROR(EFBIG, REG(network_export_c)(new, in_directory("network"), "predict", NULL));
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

/* Two threads save to one file, by its path and through a link. */
TEST(files_at_once) {
    make_directory();
    network *networks[2] = {random_network(true), random_network(true)}, *loaded = NULL;
    void *contexts[2] = {networks[0], networks[1]};
    CHECK(symlink("network", in_directory("link")) == 0);
    for (int i = 0; i < 2; i++) {
        void *results[2] = {NULL, NULL};
        strcpy(shared_path, in_directory(i == 0 ? "network" : "link"));
        run_at_once(2, save_often, contexts, results);
        CHECK(results[0] != NULL && results[1] != NULL);
        CHECK(count_files(false) == 2);
        CHECK_OK(REG(network_load)(in_directory("network"), &loaded));
        CHECK(same_networks(networks[0], loaded) || same_networks(networks[1], loaded));
        REG(network_destroy)(loaded);
    }
    REG(network_destroy)(networks[0]);
    REG(network_destroy)(networks[1]);
    remove_directory();
}
