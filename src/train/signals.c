/* signals.c: signals that ask a run to save and leave. */
#include "train/signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const int NUMBERS[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};
static const char *const NAMES[] = {"TERM", "USR1", "INT", "HUP"};
enum { COUNT = sizeof NUMBERS / sizeof *NUMBERS };

/* The last that came, and the process that sent it, in one number, which a handler may write whole; 0: none
 * came. */
static atomic_llong came;
#if ATOMIC_LLONG_LOCK_FREE != 2
#error "a signal handler may write atomics that need no lock, and no others"
#endif

static void note(int number, siginfo_t *info, void *context) {
    (void)context;
    const bool sent = info->si_code == SI_USER || info->si_code == SI_QUEUE; /* otherwise by the system: Ctrl-C */
    atomic_store(&came, (long long)number << 32 | (sent ? (long long)info->si_pid : 0));
}

static void note_number(int number) {
    atomic_store(&came, (long long)number << 32);
}

static void mask(int how) {
    sigset_t all;
    sigemptyset(&all);
    for (int i = 0; i < COUNT; i++) sigaddset(&all, NUMBERS[i]);
    sigprocmask(how, &all, NULL);
}

void nn_signals_hold(void) {
    mask(SIG_BLOCK);
}

/* As by nohup, which wants a run to outlive its terminal. */
static bool is_ignored_hangup(int number) {
    struct sigaction now;
    return number == SIGHUP && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void install(int number, bool sender) {
    struct sigaction action;
    if (is_ignored_hangup(number)) return;
    memset(&action, 0, sizeof action);
    if (sender) action.sa_sigaction = note;
    else action.sa_handler = note_number;
    action.sa_flags = SA_RESTART | (sender ? SA_SIGINFO : 0) | (number == SIGINT ? (int)SA_RESETHAND : 0);
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void nn_signals_install(void) {
    signal(SIGPIPE, SIG_IGN); /* whoever reads the lines of a run may leave before it */
    for (int i = 0; i < COUNT; i++) install(NUMBERS[i], false);
    mask(SIG_UNBLOCK);
}

/* After an INT the next one must end the run. */
static bool is_default(int number) {
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

void nn_signals_see_senders(void) {
    for (int i = 0; i < COUNT; i++)
        if (!is_default(NUMBERS[i])) install(NUMBERS[i], true);
}

bool nn_signals_came(void) {
    return atomic_load(&came) != 0;
}

/* What the system calls a process, if it is still there. */
static void read_name(long process, char *name, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/comm", process);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(name, (int)room, file)) name[0] = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (file) fclose(file);
}

bool nn_signals_describe(char *text, size_t room) {
    const long long last = atomic_load(&came);
    const long process = (long)(last & 0xffffffff);
    const char *signal = "";
    char name[64], from[96] = "";
    for (int i = 0; i < COUNT; i++)
        if (NUMBERS[i] == last >> 32) signal = NAMES[i];
    if (process > 0) {
        read_name(process, name, sizeof name);
        snprintf(from, sizeof from, " from process %ld%s%s%s", process, *name ? " (" : "", name, *name ? ")" : "");
    }
    snprintf(text, room, "%s%s", signal, from);
    return last != 0;
}
