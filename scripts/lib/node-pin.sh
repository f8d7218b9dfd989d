# The Node that scripts/setup downloads and that the packages contain: an LTS release, from the npm
# packages with the binary.
#
# Sourced, never run. The integrity is that of the package's file, as in package-lock.json.

node_version=24.21.0
node_integrity_x64=sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==
node_integrity_arm64=sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==
