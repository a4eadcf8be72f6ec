/* signals.c: signals that ask a run to save and leave. */
#include "train/signals.h"

#include <signal.h>
#include <string.h>

static const int NUMBERS[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};
enum { COUNT = sizeof NUMBERS / sizeof *NUMBERS };

static volatile sig_atomic_t came;

static void note(int number) {
    (void)number;
    came = 1;
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

void nn_signals_install(void) {
    signal(SIGPIPE, SIG_IGN); /* whoever reads the lines of a run may leave before it */
    for (int i = 0; i < COUNT; i++) {
        struct sigaction action;
        if (is_ignored_hangup(NUMBERS[i])) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = note;
        action.sa_flags = SA_RESTART | (NUMBERS[i] == SIGINT ? (int)SA_RESETHAND : 0);
        sigemptyset(&action.sa_mask);
        sigaction(NUMBERS[i], &action, NULL);
    }
    mask(SIG_UNBLOCK);
}

bool nn_signals_came(void) {
    return came != 0;
}
