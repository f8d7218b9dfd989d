/*
 * The referee: measures every contestant of a namespace with the same clock and the same observer.
 *
 * It reads CLOCK_MONOTONIC right before kill(2) or fork(2), and again when the kernel's notification
 * of a route or rule arrives (RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE). It runs as SCHED_FIFO, so that
 * a busy machine delays the contestant and not the referee; what it starts is an ordinary process
 * with the nice value of backup-router.service. A socket filter drops, in the kernel, routes that do
 * not have the contestant's protocol number.
 *
 * usage: referee PROTOCOL          reads one command a line from stdin, words separated by tabs; answers each with a line:
 *   kill PID SIGNAL ROUTES RULES TIMEOUT_MS     sends the signal, waits for that many new routes and rules
 *   start ROUTES RULES TIMEOUT_MS [NAME=VALUE...] FILE [WORD...]   executes, waits for new routes; leaves it running
 *   run TIMEOUT_MS [NAME=VALUE...] FILE [WORD...]                  executes, waits for its end
 *   watch ROUTES RULES DELETIONS TIMEOUT_MS     only waits
 *   absent TIMEOUT_MS                           until every object seen so far has been deleted
 *   end PID SIGNAL                              ends what start left running
 * answer: COMMAND PID STATUS T0 T1 FIRST_ADD LAST_ADD ROUTES RULES FIRST_DEL LAST_DEL DELETIONS LIVE CPU
 *         (times in ns, 0: never; CPU: user and system time of the process that `run` or `end` ended)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0x40000000
#endif

static int nl;
static sigset_t unblocked;
static long live;
static struct { long long first_add, last_add, first_del, last_del; long routes, rules, dels; } seen;

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Netlink is in host order and BPF loads are big-endian, hence htons of the types. rtm_protocol is byte 5 of rtmsg. */
static void filter(unsigned char protocol)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWRULE), 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELRULE), 2, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, NLMSG_HDRLEN + offsetof(struct rtmsg, rtm_protocol)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, protocol, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	if (setsockopt(nl, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) die("SO_ATTACH_FILTER");
}

static void open_netlink(unsigned char protocol)
{
	int one = 1, bytes = 512 << 20;
	unsigned groups[] = { RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV4_RULE };
	nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	if (nl < 0 || bind(nl, (void *)&any, sizeof any)) die("netlink socket");
	setsockopt(nl, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
	setsockopt(nl, SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
	filter(protocol);
	for (int i = 0; i < 2; i++)
		if (setsockopt(nl, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &groups[i], sizeof groups[i])) die("NETLINK_ADD_MEMBERSHIP");
}

/* Reads what has arrived; never blocks. */
static void drain(void)
{
	static char buffer[65536];
	ssize_t length;
	while ((length = recv(nl, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
		long long at = now();
		int rest = length;
		for (struct nlmsghdr *h = (void *)buffer; NLMSG_OK(h, (unsigned)rest); h = NLMSG_NEXT(h, rest)) {
			if (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == RTM_NEWRULE) {
				if (!seen.first_add) seen.first_add = at;
				seen.last_add = at;
				if (h->nlmsg_type == RTM_NEWROUTE) seen.routes++; else seen.rules++;
				live++;
			} else if (h->nlmsg_type == RTM_DELROUTE || h->nlmsg_type == RTM_DELRULE) {
				if (!seen.first_del) seen.first_del = at;
				seen.last_del = at;
				seen.dels++;
				live--;
			}
		}
	}
}

/* Waits until that much was seen, a child has ended (the caller reads its status), or the time is over. */
static int await(long routes, long rules, long dels, int until_absent, pid_t child, int *status, struct rusage *usage, int timeout_ms)
{
	long long deadline = now() + timeout_ms * 1000000LL;
	for (;;) {
		drain();
		if (child > 0) {
			pid_t ended = wait4(child, status, WNOHANG, usage);
			if (ended == child) return 1;
		} else if (until_absent ? live <= 0 : seen.routes >= routes && seen.rules >= rules && seen.dels >= dels) return 1;
		long long left = deadline - now();
		if (left <= 0) return 0;
		struct pollfd p = { nl, POLLIN, 0 };
		struct timespec t = { left / 1000000000, left % 1000000000 };
		ppoll(&p, 1, &t, &unblocked); /* the end of a child also wakes it */
	}
}

static long long of_processor(const struct rusage *usage)
{
	return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000LL + (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000LL;
}

/* NAME=VALUE words go into the environment; the rest is executed. */
static pid_t execute(char **words)
{
	pid_t pid = fork();
	if (pid) return pid;
	char *environment[64] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8" };
	int n = 3;
	while (*words && strchr(*words, '=') && n < 63) environment[n++] = *words++;
	const char *log = getenv("BENCH_CHILD_LOG");
	int out = open(log ? log : "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0644), in = open("/dev/null", O_RDONLY);
	sigprocmask(SIG_SETMASK, &unblocked, NULL);
	setpriority(PRIO_PROCESS, 0, -10);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execvpe(*words, words, environment);
	_exit(127);
}

static void on_child(int signal) { (void)signal; }

int main(int argc, char **argv)
{
	if (argc != 2) return fputs("usage: referee PROTOCOL\n", stderr), 64;
	struct sched_param priority = { .sched_priority = 50 };
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &priority)) perror("referee: SCHED_FIFO");
	sigset_t child;
	sigemptyset(&unblocked);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	signal(SIGCHLD, on_child);
	open_netlink(atoi(argv[1]));
	static char line[65536];
	while (fgets(line, sizeof line, stdin)) {
		char *word[512];
		int n = 0, status = -1, done = 0;
		pid_t pid = 0;
		long long t0, t1 = 0;
		struct rusage usage = { 0 };
		line[strcspn(line, "\n")] = 0;
		for (char *w = strtok(line, "\t"); w && n < 511; w = strtok(NULL, "\t")) word[n++] = w;
		word[n] = NULL;
		if (n == 0) continue;
		drain();
		memset(&seen, 0, sizeof seen);
		t0 = now();
		if (!strcmp(word[0], "kill") && n == 6) {
			pid = atoi(word[1]);
			kill(pid, atoi(word[2]));
			done = await(atol(word[3]), atol(word[4]), 0, 0, 0, NULL, NULL, atoi(word[5]));
		} else if (!strcmp(word[0], "start") && n > 4) {
			pid = execute(word + 4);
			done = await(atol(word[1]), atol(word[2]), 0, 0, 0, NULL, NULL, atoi(word[3]));
		} else if (!strcmp(word[0], "run") && n > 2) {
			pid = execute(word + 2);
			done = await(0, 0, 0, 0, pid, &status, &usage, atoi(word[1]));
			t1 = now();
			if (!done) kill(pid, SIGKILL), waitpid(pid, NULL, 0);
			drain();
		} else if (!strcmp(word[0], "watch") && n == 5) {
			done = await(atol(word[1]), atol(word[2]), atol(word[3]), 0, 0, NULL, NULL, atoi(word[4]));
		} else if (!strcmp(word[0], "absent") && n == 2) {
			done = await(0, 0, 0, 1, 0, NULL, NULL, atoi(word[1]));
		} else if (!strcmp(word[0], "end") && n == 3) {
			pid = atoi(word[1]);
			kill(pid, atoi(word[2]));
			done = await(0, 0, 0, 0, pid, &status, &usage, 10000);
			if (!done) kill(pid, SIGKILL), waitpid(pid, NULL, 0);
			t1 = now();
		} else done = -1;
		if (status >= 0) status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		printf("%s %d %d %d %lld %lld %lld %lld %ld %ld %lld %lld %ld %ld %lld\n", word[0], done, pid, status, t0, t1, seen.first_add, seen.last_add,
		       seen.routes, seen.rules, seen.first_del, seen.last_del, seen.dels, live, of_processor(&usage));
		fflush(stdout);
	}
	return 0;
}
