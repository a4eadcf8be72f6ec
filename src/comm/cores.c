/* cores.c: sets of cores, and what the system says about those of this process.
 *
 * Control groups: https://docs.kernel.org/admin-guide/cgroup-v2.html (cpu.max) and
 * https://docs.kernel.org/scheduler/sched-bwc.html (cpu.cfs_quota_us); topology:
 * https://docs.kernel.org/admin-guide/cputopology.html. */
#define _GNU_SOURCE
#include "comm/cores.h"

#include "kernels/team.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

enum { WORDS = NN_CORES_MOST / 64 };

void nn_cores_add(nn_cores *cores, int core) {
    if (core >= 0 && core < NN_CORES_MOST) cores->bits[core / 64] |= (uint64_t)1 << core % 64;
}

void nn_cores_join(nn_cores *cores, const nn_cores *other) {
    for (int i = 0; i < WORDS; i++) cores->bits[i] |= other->bits[i];
}

bool nn_cores_have(const nn_cores *cores, int core) {
    return core >= 0 && core < NN_CORES_MOST && (cores->bits[core / 64] >> core % 64 & 1) != 0;
}

int nn_cores_count(const nn_cores *cores) {
    return nn_cores_common(cores, cores);
}

int nn_cores_common(const nn_cores *a, const nn_cores *b) {
    int count = 0;
    for (int i = 0; i < WORDS; i++) count += __builtin_popcountll(a->bits[i] & b->bits[i]);
    return count;
}

bool nn_cores_equal(const nn_cores *a, const nn_cores *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

void nn_cores_format(const nn_cores *cores, nn_text *text) {
    bool first = true;
    for (int core = 0; core < NN_CORES_MOST; core++) {
        if (!nn_cores_have(cores, core)) continue;
        int last = core;
        while (nn_cores_have(cores, last + 1)) last++;
        nn_text_add(text, "%s%d", first ? "" : ",", core);
        if (last > core) nn_text_add(text, "%c%d", last > core + 1 ? '-' : ',', last);
        first = false;
        core = last;
    }
    if (first) nn_text_add(text, "none");
}

/* ---- this process ---- */

static nn_cores from_system(const cpu_set_t *set) {
    nn_cores cores = {{0}};
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set)) nn_cores_add(&cores, i);
    return cores;
}

/* False where the system has more processors than a set holds: then it says nothing. */
static bool ask_system(cpu_set_t *set) {
    CPU_ZERO(set);
    return sched_getaffinity(0, sizeof *set, set) == 0;
}

static nn_cores allowed_now(void) {
    cpu_set_t set;
    if (!ask_system(&set))
        for (long i = 0; i < sysconf(_SC_NPROCESSORS_ONLN) && i < CPU_SETSIZE; i++) CPU_SET(i, &set);
    return from_system(&set);
}

nn_cores nn_cores_allowed(void) {
    int processors[NN_CORES_MOST];
    nn_cores cores = {{0}};
    int count = nn_team_places(processors, NN_CORES_MOST);
    for (int i = 0; i < count; i++) nn_cores_add(&cores, processors[i]);
    return count > 0 ? cores : allowed_now();
}

void nn_cores_bind(const nn_cores *cores) {
    cpu_set_t set;
    if (!ask_system(&set)) return; /* what could not be asked for could not be given back */
    CPU_ZERO(&set);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (nn_cores_have(cores, i)) CPU_SET(i, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) return; /* it stays where it is */
}

/* Asked for all of them, the kernel gives those that there are. */
nn_cores nn_cores_widen(void) {
    nn_cores before = allowed_now(), all;
    memset(&all, 0xff, sizeof all);
    nn_cores_bind(&all);
    return before;
}

nn_cores nn_cores_reachable(void) {
    nn_cores before = nn_cores_widen(), reachable = allowed_now();
    nn_cores_bind(&before);
    return reachable;
}

nn_cores nn_cores_whole(const nn_cores *threads, const char *folder) {
    nn_cores cores = {{0}};
    char path[PATH_MAX];
    for (int i = 0; i < NN_CORES_MOST; i++) {
        int first = i;
        if (!nn_cores_have(threads, i)) continue;
        if (snprintf(path, sizeof path, "%s/cpu%d/topology/thread_siblings_list", folder, i) <
            (int)sizeof path) {
            FILE *file = fopen(path, "r"); /* "0,64" or "0-1" */
            if (file && fscanf(file, "%d", &first) != 1) first = i;
            if (file) fclose(file);
        }
        nn_cores_add(&cores, first);
    }
    return cores;
}

/* ---- processor time ---- */

/* Up to two numbers from a file; how many there were. */
static int read_numbers(const char *folder, const char *name, double numbers[2]) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return 0;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    int count = fscanf(file, "%lf %lf", &numbers[0], &numbers[1]); /* "max": none */
    fclose(file);
    return count > 0 ? count : 0;
}

nn_quota nn_quota_of_group(const char *folder) {
    nn_quota quota = {0, 0};
    double time[2], period[2];
    struct stat about;
    if (read_numbers(folder, "cpu.max", time) == 2) {
        period[0] = time[1];
    } else if (read_numbers(folder, "cpu.cfs_quota_us", time) < 1 ||
               read_numbers(folder, "cpu.cfs_period_us", period) < 1) {
        return quota;
    }
    if (!(time[0] > 0 && period[0] > 0)) return quota; /* -1: no limit */
    quota.cpus = time[0] / period[0];
    if (stat(folder, &about) == 0)
        quota.group = (uint64_t)about.st_dev << 40 ^ (uint64_t)about.st_ino;
    return quota;
}

/* The tightest limit from `path` up to the root of the hierarchy at `mount`. */
static nn_quota tightest(const char *mount, const char *path) {
    char folder[PATH_MAX];
    nn_quota least = {0, 0};
    if (snprintf(folder, sizeof folder, "%s%s", mount, path) >= (int)sizeof folder) return least;
    while (strlen(folder) >= strlen(mount)) {
        nn_quota quota = nn_quota_of_group(folder);
        if (quota.cpus > 0 && (least.cpus == 0 || quota.cpus < least.cpus)) least = quota;
        *strrchr(folder, '/') = '\0';
    }
    return least;
}

/* Whether a line of /proc/self/cgroup, "4:cpu,cpuacct:/job", belongs to the controller cpu. */
static bool is_cpu(const char *line) {
    char names[256] = "";
    if (sscanf(line, "%*d:%255[^:]", names) != 1) return false;
    for (char *rest = names, *name; (name = strsep(&rest, ",")) != NULL;)
        if (strcmp(name, "cpu") == 0) return true;
    return false;
}

nn_quota nn_quota_find(void) {
    nn_quota least = {0, 0};
    char line[PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "r");
    while (file && fgets(line, sizeof line, file)) {
        char *path = strchr(line, '/');
        if (!path) continue;
        path[strcspn(path, "\n")] = '\0';
        bool second = strncmp(line, "0::", 3) == 0;
        if (!second && !is_cpu(line)) continue;
        nn_quota quota = tightest(second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", path);
        if (quota.cpus > 0 && (least.cpus == 0 || quota.cpus < least.cpus)) least = quota;
    }
    if (file) fclose(file);
    return least;
}
