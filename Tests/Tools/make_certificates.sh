#!/bin/sh
# Makes, in the folder DIR, what tests of TLS need: an authority with certificates for a server (two of them, for
# reloads) and for clients (good, expired), and another authority with a client of its own.
set -eu
cd "$1"

authority() { # name, common name
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/O=Test/CN=$2" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout "$1.key" -out "$1.pem"
    : >"$1.index"
    cat >"$1.cnf" <<CONFIG
[ca]
default_ca = own
[own]
database = $1.index
new_certs_dir = .
certificate = $1.pem
private_key = $1.key
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
copy_extensions = copy
[any]
organizationName = optional
commonName = supplied
CONFIG
}

signed() { # authority, name, common name, names, usage, first day, last day
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=Test/CN=$3" \
        -addext "subjectAltName=$4" -addext "extendedKeyUsage=$5" -keyout "$2.key" -out "$2.csr"
    openssl ca -batch -notext -config "$1.cnf" -in "$2.csr" -out "$2.pem" -startdate "$6" -enddate "$7"
}

past=20200101000000Z
future=20991231000000Z
authority authority 'Test authority'
authority stranger 'Other authority'
signed authority server 'server one' DNS:localhost,IP:127.0.0.1 serverAuth $past $future
signed authority renewed 'server two' DNS:localhost,IP:127.0.0.1 serverAuth $past $future
signed authority client 'loans' DNS:loans.bank.example,URI:spiffe://bank/loans clientAuth $past $future
signed authority expired 'old loans' DNS:loans.bank.example clientAuth $past 20200201000000Z
signed stranger foreign 'foreign' DNS:elsewhere.example clientAuth $past $future
openssl ec -in server.key -aes128 -passout pass:secret -out encrypted.key
