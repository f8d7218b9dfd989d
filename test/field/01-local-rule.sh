. ./common.sh; mgmt
for f in -4 -6; do ip -n $R $f rule add pref ${PREF:-32765} table local; ip -n $R $f rule del pref 0; done
agent <<X
management-interface: mgmt0
backup-router: {address: 10.99.0.1}
${BASE:+rule-priority-base: $BASE}
X
for a in 127.0.0.1 10.99.0.2 ::1 2001:db8:99::2; do ip -n $R route get $a | head -1; in_r ping -c1 -W1 $a >/dev/null && echo "$a answers" || echo "$a DOES NOT ANSWER"; done
br doctor -c $W/c.yaml | grep -A9 ' rule-'
