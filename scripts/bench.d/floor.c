/*
 * The floor: what the job costs with nothing around it. Holds a connection to each vty socket, waits in epoll, and on end of
 * file sends one prebuilt netlink message: no acknowledgement, no look at the kernel, no second thought. It is no agent: it
 * does not notice a hang, nor a lost route, nor a flapping daemon. When all sockets answer again it deletes what it sent.
 *
 * usage: floor route|rules PROTOCOL GATEWAY INTERFACE SOCKET...
 *   route   one RTM_NEWROUTE: default into the main table
 *   rules   the same messages as the agent's `local` placement: a route in table 25500 and two rules, in one send
 * Where no socket accepts at start it installs at once, which is its start to route.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TABLE 25500
#define PRIORITY 31064

static char add[1024], del[1024];
static int add_length, del_length;

static void attribute(struct nlmsghdr *h, int type, const void *data, int length)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	a->rta_type = type;
	a->rta_len = RTA_LENGTH(length);
	memcpy(RTA_DATA(a), data, length);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int route(char *at, int type, int flags, unsigned table, unsigned char protocol, unsigned gateway, unsigned oif)
{
	struct nlmsghdr *h = (void *)at;
	struct rtmsg *r = NLMSG_DATA(h);
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	*r = (struct rtmsg){ .rtm_family = AF_INET, .rtm_table = table < 256 ? table : RT_TABLE_UNSPEC, .rtm_protocol = protocol, .rtm_type = RTN_UNICAST };
	attribute(h, RTA_TABLE, &table, 4);
	attribute(h, RTA_GATEWAY, &gateway, 4);
	attribute(h, RTA_OIF, &oif, 4);
	return h->nlmsg_len;
}

static int rule(char *at, int type, int flags, unsigned priority, unsigned table, unsigned char protocol)
{
	struct nlmsghdr *h = (void *)at;
	struct fib_rule_hdr *r = NLMSG_DATA(h);
	h->nlmsg_len = NLMSG_LENGTH(sizeof *r);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	*r = (struct fib_rule_hdr){ .family = AF_INET, .action = FR_ACT_TO_TBL };
	attribute(h, FRA_PRIORITY, &priority, 4);
	attribute(h, FRA_TABLE, &table, 4);
	attribute(h, FRA_IIFNAME, "lo", 3);
	attribute(h, FRA_PROTOCOL, &protocol, 1);
	return h->nlmsg_len;
}

static void build(int rules, unsigned char protocol, unsigned gateway, unsigned oif)
{
	int new = NLM_F_CREATE | NLM_F_EXCL;
	unsigned table = rules ? TABLE : RT_TABLE_MAIN;
	add_length = route(add, RTM_NEWROUTE, new, table, protocol, gateway, oif);
	if (rules) {
		add_length += rule(add + add_length, RTM_NEWRULE, new, PRIORITY, RT_TABLE_MAIN, protocol);
		add_length += rule(add + add_length, RTM_NEWRULE, new, PRIORITY + 1, TABLE, protocol);
		del_length += rule(del + del_length, RTM_DELRULE, 0, PRIORITY + 1, TABLE, protocol);
		del_length += rule(del + del_length, RTM_DELRULE, 0, PRIORITY, RT_TABLE_MAIN, protocol);
	}
	del_length += route(del + del_length, RTM_DELROUTE, 0, table, protocol, gateway, oif);
}

/* A held connection over which one echo has been answered, or -1. */
static int attach(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char answer[256];
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
	struct timeval patience = { 1, 0 };
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (connect(s, (void *)&to, sizeof to) == 0 && write(s, "echo ok", 8) == 8 && read(s, answer, sizeof answer) > 0) return s;
	close(s);
	return -1;
}

int main(int argc, char **argv)
{
	if (argc < 6) return fputs("usage: floor route|rules PROTOCOL GATEWAY INTERFACE SOCKET...\n", stderr), 64;
	int count = argc - 5, held[16], ready = 0, in = 0;
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), ep = epoll_create1(EPOLL_CLOEXEC);
	build(!strcmp(argv[1], "rules"), atoi(argv[2]), inet_addr(argv[3]), if_nametoindex(argv[4]));
	for (int i = 0; i < count; i++) held[i] = -1;
	for (;;) {
		ready = 0;
		for (int i = 0; i < count; i++) {
			if (held[i] < 0 && (held[i] = attach(argv[5 + i])) >= 0) {
				struct epoll_event e = { .events = EPOLLIN, .data.u32 = i };
				epoll_ctl(ep, EPOLL_CTL_ADD, held[i], &e);
			}
			if (held[i] >= 0) ready++;
		}
		if (ready < count) {
			if (!in) { send(nl, add, add_length, 0); in = 1; }
			usleep(5000);
			continue;
		}
		if (in) { send(nl, del, del_length, 0); in = 0; }
		/* Everything is attached: from here to the send is the path that is measured. */
		struct epoll_event e;
		char byte[256];
		while (epoll_wait(ep, &e, 1, -1) > 0) {
			if (read(held[e.data.u32], byte, sizeof byte) > 0) continue;
			send(nl, add, add_length, 0);
			in = 1;
			close(held[e.data.u32]);
			held[e.data.u32] = -1;
			break;
		}
	}
}
