/* Saving to links, to what is no regular file, and to files that cannot be replaced. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "disk.h"
#include "networks.h"
#include "tests.h"

/* ---- What is at the path --------------------------------------------------------------- */

static bool is_link(const char *path) {
    struct stat file;
    return lstat(path, &file) == 0 && S_ISLNK(file.st_mode);
}

static ino_t inode(const char *path) {
    struct stat file;
    return stat(path, &file) == 0 ? file.st_ino : 0;
}

static bool holds(const char *path, network *wanted) {
    network *loaded = NULL;
    const bool same = REG(network_load)(path, &loaded) == REG_OK && same_networks(wanted, loaded);
    REG(network_destroy)(loaded);
    return same;
}

/* A link is followed, and stays. */
TEST(files_links) {
    make_directory();
    network *networks[2] = {random_network(true), random_network(true)};
    CHECK(mkdir(in_directory("below"), 0700) == 0);
    char target[512], link[512], there[512];
    strcpy(target, in_directory("below/target"));
    strcpy(there, in_directory("there"));
    CHECK(symlink("below/target", there) == 0); /* to no file yet */
    for (int round = 0; round < 4; round++) {
        CHECK_OK(REG(network_save)(networks[round % 2], there));
        CHECK(is_link(there) && !is_link(target) && holds(target, networks[round % 2]));
    }
    /* Through a link to a folder, a relative one beside it, and an absolute one. */
    CHECK(symlink("below", in_directory("folder")) == 0);
    CHECK(symlink("target", in_directory("below/near")) == 0);
    strcpy(link, in_directory("folder/near"));
    CHECK(symlink(link, in_directory("far")) == 0);
    CHECK_OK(REG(network_save)(networks[1], in_directory("far")));
    CHECK(holds(target, networks[1]) && is_link(in_directory("far")) && is_link(in_directory("below/near")));
    CHECK_OK(REG(network_export_c)(networks[1], in_directory("far"), "predict", NULL));
    CHECK(!holds(target, networks[1]) && is_link(in_directory("far")));
    CHECK(unlink(target) == 0 && unlink(in_directory("below/near")) == 0);
    CHECK(rmdir(in_directory("below")) == 0);
    REG(network_destroy)(networks[0]);
    REG(network_destroy)(networks[1]);
    remove_directory();
}

/* A link to what is no regular file stays, and so does that. */
TEST(files_irregular) {
    make_directory();
    network *original = random_network(true);
    static const char *const places[] = {"/dev/null", "pipe", "loop", "/dev/full"};
    CHECK(mkfifo(in_directory("pipe"), 0600) == 0);
    const char *path = in_directory("loop");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        CHECK(symlink(places[i], path) == 0);
        errno = 0;
        CHECK_STATUS(REG_ERROR_FILE, REG(network_save)(original, path));
        CHECK(errno == (i == 2 ? ELOOP : EINVAL));
        CHECK(strcmp(reg_error_message(), strerror(errno)) == 0);
        CHECK(is_link(path) && count_files(false) == 2);
        unlink(path);
    }
    /* A file that has been removed, by its place in /proc. */
    const int removed = open(in_directory("removed"), O_RDWR | O_CREAT, 0600);
    CHECK(removed >= 0 && unlink(in_directory("removed")) == 0);
    char proc[64];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", removed);
    CHECK_STATUS(REG_ERROR_FILE, REG(network_save)(original, proc));
    CHECK(count_files(false) == 1);
    close(removed);
    REG(network_destroy)(original);
    remove_directory();
}

/* An old file's permissions and owner stay. */
TEST(files_mode) {
    make_directory();
    network *original = random_network(true);
    const char *path = in_directory("network");
    CHECK_OK(REG(network_save)(original, path));
    static const mode_t modes[] = {0600, 0640, 0664, 0666, 0400};
    const mode_t mask = umask(027);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        CHECK(chmod(path, modes[i]) == 0);
        const ino_t before = inode(path);
        CHECK_OK(REG(network_save)(original, path));
        struct stat file;
        CHECK(stat(path, &file) == 0 && (file.st_mode & 07777) == modes[i] && file.st_ino != before);
    }
    umask(mask);
    struct stat file;
    if (chown(path, 12345, 23456) == 0) {
        CHECK_OK(REG(network_save)(original, path));
        CHECK(stat(path, &file) == 0 && file.st_uid == 12345 && file.st_gid == 23456);
    }
    REG(network_destroy)(original);
    remove_directory();
}

/* ---- Files that cannot be replaced ------------------------------------------------------ */

/* Saves over a file in its place: whole, then beyond a limit of its size, after which the old content is
 * there, then by processes that are killed meanwhile. */
static void overwrite_often(const char *path, network *const networks[2]) {
    const ino_t before = inode(path);
    for (int i = 0; i < 4; i++) {
        CHECK_OK(REG(network_save)(networks[i % 2], path));
        CHECK(holds(path, networks[i % 2]) && inode(path) == before);
    }
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {100, limit.rlim_max};
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK_STATUS(REG_ERROR_FILE, REG(network_save)(networks[0], path));
    CHECK(errno == EFBIG);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    signal(SIGXFSZ, handler);
    CHECK(holds(path, networks[1]) && inode(path) == before);
    for (int round = 0; round < 10; round++) {
        const pid_t child = fork();
        if (child == 0)
            for (int i = 1;; i++)
                if (REG(network_save)(networks[i % 2], path) != REG_OK) _exit(1);
        usleep((useconds_t)random_int(0, 3000));
        int status = 0;
        CHECK(child > 0 && kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
        network *loaded = NULL;
        const reg_status found = REG(network_load)(path, &loaded);
        CHECK(found == REG_ERROR_FORMAT || (found == REG_OK && (same_networks(networks[0], loaded) ||
                                                                same_networks(networks[1], loaded))));
        REG(network_destroy)(loaded);
        CHECK_OK(REG(network_save)(networks[1], path));
        CHECK(holds(path, networks[1]));
    }
}

static char overwritten[512];
static network *overwriting[2];

/* In a process of its own; its exit status counts what failed. */
static int in_child(void (*prepare)(void)) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        prepare();
        overwrite_often(overwritten, overwriting);
        _exit(report("child") != EXIT_SUCCESS);
    }
    int status = 0;
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

enum { NOT_ALLOWED = 77 };

static void mount_on_itself(void) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(overwritten, overwritten, NULL, MS_BIND, NULL) != 0)
        _exit(NOT_ALLOWED);
}

/* As in a container whose volume is one file: nothing can be renamed to it. */
TEST(files_mounted) {
    make_directory();
    for (int i = 0; i < 2; i++) overwriting[i] = random_network(true);
    strcpy(overwritten, in_directory("network"));
    CHECK_OK(REG(network_save)(overwriting[1], overwritten));
    const int status = in_child(mount_on_itself);
    if (status == NOT_ALLOWED) printf("note: files_mounted: not allowed to mount\n");
    else CHECK(status == 0);
    for (int i = 0; i < 2; i++) REG(network_destroy)(overwriting[i]);
    remove_directory();
}

static void become_nobody(void) {
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(NOT_ALLOWED);
}

/* In a folder where the process may make no file. */
TEST(files_fixed_folder) {
    make_directory();
    for (int i = 0; i < 2; i++) overwriting[i] = random_network(true);
    strcpy(overwritten, in_directory("network"));
    CHECK_OK(REG(network_save)(overwriting[1], overwritten));
    CHECK(chmod(overwritten, 0666) == 0 && chmod(directory, 0555) == 0);
    const int status = in_child(become_nobody);
    if (status == NOT_ALLOWED) printf("note: files_fixed_folder: not allowed to become another user\n");
    else CHECK(status == 0);
    CHECK(chmod(directory, 0700) == 0);
    CHECK(count_files(false) == 1 && holds(overwritten, overwriting[1]));
    for (int i = 0; i < 2; i++) REG(network_destroy)(overwriting[i]);
    remove_directory();
}
