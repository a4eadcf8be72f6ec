/* program.c: running another program by posix_spawn, so that no shell sees a name, and MPI, which does not
 * like fork(), is not there where it does. */
#include "report/program.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int start(char *const *arguments, int input, int output, int complaints, pid_t *process) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    if (input >= 0) error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    else error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    if (!error) error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int nn_program_run(char *const *arguments, int input, int output, int complaints, bool *ended) {
    pid_t process;
    int code;
    *ended = false;
    const int error = start(arguments, input, output, complaints, &process);
    if (error) return error;
    while (waitpid(process, &code, 0) < 0)
        if (errno != EINTR) return errno;
    *ended = WIFEXITED(code) && WEXITSTATUS(code) == 0;
    return 0;
}
