/*
 * Adds and deletes foreign routes as fast as the kernel takes them: 200 in one send, without
 * acknowledgements.
 *
 * usage: flood add|del|turn|cycle INTERFACE GATEWAY PROTOCOL TABLE FIRST_PREFIX LENGTH COUNT [OWN_PROTOCOL OWN_TABLE OWN_METRIC]
 *   turn   adds all and deletes all, once
 *   cycle  repeats this, with a pause of 2 ms after each send: without it zebra cannot keep up, and
 *          a zebra whose buffer overflows exits
 * SIGTERM ends the adding and the repetition; what was added is still deleted.
 *   OWN_*  in the middle of the first addition, delete the default route of that protocol, table and metric
 * prints: done T0 T1 MIDDLE ERRORS   (ns of CLOCK_MONOTONIC; MIDDLE: when the own route was deleted, 0: not requested)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int nl;
static long errors;
static int pause_us;
static unsigned oif, gateway, table, first, length;
static unsigned char protocol;
static volatile sig_atomic_t stop;
static void on_term(int signal) { (void)signal; stop = 1; }

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void attribute(struct nlmsghdr *h, int type, unsigned value)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(4);
	memcpy(RTA_DATA(a), &value, 4);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_LENGTH(4);
}

static int message(char *at, int type, int flags, unsigned in_table, unsigned char by, unsigned destination, int bits, unsigned metric)
{
	struct nlmsghdr *h = (void *)at;
	struct rtmsg *r = NLMSG_DATA(h);
	memset(h, 0, NLMSG_LENGTH(sizeof *r));
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	*r = (struct rtmsg){ .rtm_family = AF_INET, .rtm_dst_len = bits, .rtm_protocol = by, .rtm_type = RTN_UNICAST, .rtm_table = in_table < 256 ? in_table : 0 };
	attribute(h, RTA_TABLE, in_table);
	if (bits) attribute(h, RTA_DST, htonl(destination));
	if (metric) attribute(h, RTA_PRIORITY, metric);
	if (by == protocol) {
		attribute(h, RTA_GATEWAY, gateway);
		attribute(h, RTA_OIF, oif);
	}
	return h->nlmsg_len;
}

static void flush(char *buffer, int *used)
{
	char answer[65536];
	if (*used) send(nl, buffer, *used, 0);
	*used = 0;
	if (pause_us) usleep(pause_us);
	while (recv(nl, answer, sizeof answer, MSG_DONTWAIT) > 0) errors++;
}

static long long middle;

/* Returns the number of routes sent. */
static long all(int type, long count, int own_protocol, unsigned own_table, unsigned own_metric)
{
	static char buffer[200 * 96];
	int used = 0, held = 0;
	long i = 0;
	for (; i < count && !(stop && type == RTM_NEWROUTE); i++) {
		if (own_protocol && i == count / 2) {
			flush(buffer, &used);
			held = 0;
			int n = message(buffer, RTM_DELROUTE, 0, own_table, own_protocol, 0, 0, own_metric);
			middle = now();
			used = n;
			flush(buffer, &used);
		}
		used += message(buffer + used, type, type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0, table, protocol, first + (i << (32 - length)), length, 0);
		if (++held == 200) {
			flush(buffer, &used);
			held = 0;
		}
	}
	flush(buffer, &used);
	return i;
}

int main(int argc, char **argv)
{
	if (argc != 9 && argc != 12) return fputs("usage: flood add|del|turn|cycle INTERFACE GATEWAY PROTOCOL TABLE FIRST_PREFIX LENGTH COUNT [OWN_PROTOCOL OWN_TABLE OWN_METRIC]\n", stderr), 64;
	int bytes = 4 << 20, one = 1;
	long count = atol(argv[8]);
	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	setsockopt(nl, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
	setsockopt(nl, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
	setsockopt(nl, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof one);
	oif = if_nametoindex(argv[2]);
	gateway = inet_addr(argv[3]);
	protocol = atoi(argv[4]);
	table = strtoul(argv[5], NULL, 10);
	first = ntohl(inet_addr(argv[6]));
	length = atoi(argv[7]);
	signal(SIGTERM, on_term);
	if (!strcmp(argv[1], "cycle")) pause_us = 2000;
	int own = argc == 12 ? atoi(argv[9]) : 0;
	unsigned own_table = argc == 12 ? strtoul(argv[10], NULL, 10) : 0, own_metric = argc == 12 ? strtoul(argv[11], NULL, 10) : 0;
	long long start = now();
	do {
		long added = strcmp(argv[1], "del") ? all(RTM_NEWROUTE, count, own, own_table, own_metric) : count;
		if (strcmp(argv[1], "add")) all(RTM_DELROUTE, added, 0, 0, 0);
	} while (!strcmp(argv[1], "cycle") && !stop);
	printf("done %lld %lld %lld %ld\n", start, now(), middle, errors);
	return errors != 0;
}
