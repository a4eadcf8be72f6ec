/* deadline.c: how long before the end of its job a run saves and leaves. */
#include "train/deadline.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_SECONDS = 120, SAFETY = 3 };
static const double LEAST_SHARE = 0.1; /* of a short job */

static bool read_number(const char *text, double *out) {
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out) && *out >= 0;
}

nn_status nn_deadline_read(const char *job_end, const char *minutes, double now,
                           nn_deadline *out) {
    double end = 0, margin = 0;
    *out = (nn_deadline){.end = 0};
    if (minutes && !read_number(minutes, &margin))
        return nn_fail(NN_USAGE, "--stop-before wants a number of minutes, not '%s'", minutes);
    if (minutes && margin == 0) return NN_OK; /* not at all */
    const bool known = job_end && read_number(job_end, &end);
    if (minutes && !known)
        return nn_fail(NN_USAGE,
                       "--stop-before wants to know when the job ends, but SLURM_JOB_END_TIME (seconds "
                       "since 1970; newer versions of Slurm set it) %s%s: set it, or send SIGUSR1 "
                       "instead (sbatch --signal=USR1@120)",
                       job_end ? "is " : "is not set", job_end ? job_end : "");
    if (minutes && end <= now)
        return nn_fail(NN_USAGE, "--stop-before: the job has ended already: SLURM_JOB_END_TIME=%s "
                                 "is in the past", job_end);
    if (!known || end <= now) return NN_OK;
    *out = (nn_deadline){.end = end,
                         .margin = 60 * margin,
                         .least = fmin(LEAST_SECONDS, LEAST_SHARE * (end - now))};
    return NN_OK;
}

double nn_deadline_margin(const nn_deadline *deadline, double save, double step) {
    if (deadline->margin > 0) return deadline->margin;
    return fmax(deadline->least, SAFETY * (save + step));
}

bool nn_deadline_is_near(const nn_deadline *deadline, double now, double save, double step) {
    return deadline->end > 0 && now >= deadline->end - nn_deadline_margin(deadline, save, step);
}
