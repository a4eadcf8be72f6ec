/* enter.c: what a call of the library does not share with the program that makes it, and gives back. */
#include "api/api.h"

nn_api_outside nn_api_enter(void) {
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return (nn_api_outside){nn_team_enter(), plain, uselocale(plain)};
}

void nn_api_leave(nn_api_outside outside) {
    nn_team_leave(outside.team);
    uselocale(outside.locale);
    if (outside.plain) freelocale(outside.plain);
}
