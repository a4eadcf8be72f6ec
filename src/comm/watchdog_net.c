/* watchdog_net.c: the datagrams of the watchdog: a socket, the addresses of a host, sending. */
#include "comm/watchdog_private.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_socket(int family, const void *any, socklen_t length) {
    const int off = 0;
    int file = socket(family, SOCK_DGRAM, 0);
    if (file < 0) return -1;
    if (family == AF_INET6) setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(file, any, length) == 0) return file;
    close(file);
    return -1;
}

int nn_watch_socket(int *port) {
    const struct sockaddr_in6 any6 = {.sin6_family = AF_INET6};
    const struct sockaddr_in any4 = {.sin_family = AF_INET};
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    int file = open_socket(AF_INET6, &any6, sizeof any6);
    if (file < 0) file = open_socket(AF_INET, &any4, sizeof any4); /* a kernel without IPv6 */
    if (file < 0) return -1;
    getsockname(file, (struct sockaddr *)&name, &length);
    *port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                             : ((struct sockaddr_in *)&name)->sin_port);
    return file;
}

static struct in6_addr mapped(struct in_addr address) {
    struct in6_addr out = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&out.s6_addr[12], &address, sizeof address);
    return out;
}

int nn_watch_addresses(struct in6_addr addresses[NN_WATCH_WAYS]) {
    struct ifaddrs *all = NULL;
    int count = 1;
    addresses[0] = mapped((struct in_addr){htonl(INADDR_LOOPBACK)});
    if (getifaddrs(&all) != 0) return count;
    for (const struct ifaddrs *at = all; at && count < NN_WATCH_WAYS; at = at->ifa_next) {
        if (!at->ifa_addr || !(at->ifa_flags & IFF_UP) || (at->ifa_flags & IFF_LOOPBACK)) continue;
        if (at->ifa_addr->sa_family == AF_INET) {
            struct sockaddr_in address;
            memcpy(&address, at->ifa_addr, sizeof address);
            addresses[count++] = mapped(address.sin_addr);
        } else if (at->ifa_addr->sa_family == AF_INET6) {
            struct sockaddr_in6 address;
            memcpy(&address, at->ifa_addr, sizeof address);
            /* one that holds for a single link would need the link's name on the other host */
            if (!IN6_IS_ADDR_LINKLOCAL(&address.sin6_addr)) addresses[count++] = address.sin6_addr;
        }
    }
    freeifaddrs(all);
    return count;
}

void nn_watch_send(int file, const struct in6_addr *to, int port, const nn_watch_message *message) {
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = *to};
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_storage own = {0};
    socklen_t length = sizeof own;
    six.sin6_port = four.sin_port = htons((uint16_t)port);
    memcpy(&four.sin_addr, &to->s6_addr[12], sizeof four.sin_addr);
    getsockname(file, (struct sockaddr *)&own, &length);
    const bool is_four = own.ss_family == AF_INET;
    if (is_four && !IN6_IS_ADDR_V4MAPPED(to)) return;
    /* what does not arrive is sent again before long */
    (void)!sendto(file, message, sizeof *message, MSG_DONTWAIT,
                  is_four ? (const struct sockaddr *)&four : (const struct sockaddr *)&six,
                  is_four ? sizeof four : sizeof six);
}
