/* signals.c: signals that ask a run to save and leave. */
#include "train/signals.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t came;

static void note(int number) {
    (void)number;
    came = 1;
}

void nn_signals_install(void) {
    static const int numbers[] = {SIGTERM, SIGUSR1, SIGINT};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = note;
        action.sa_flags = SA_RESTART | (numbers[i] == SIGINT ? (int)SA_RESETHAND : 0);
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
}

bool nn_signals_came(void) {
    return came != 0;
}
