#!/bin/sh
# Two authorities, the certificate of a server, and those of its clients, with openssl alone. What is there already stays.
set -eu
umask 077
mkdir -p "${1:-"$(dirname "$0")/pki"}"
cd "${1:-"$(dirname "$0")/pki"}"

authority() { # NAME COMMON-NAME
  openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" \
    -days 3650 -subj "/CN=$2" -addext keyUsage=critical,keyCertSign,cRLSign
}

certificate() { # NAME AUTHORITY COMMON-NAME EXTENSIONS
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$3"
  printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n%b\n' "$4" >"$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 365 -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}

if [ -e complete ]; then
  echo "certificates: there already in $PWD"
  exit
fi
{
  authority ca 'Playbook CA'
  certificate server ca localhost 'extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1'
  certificate client ca mtls-client extendedKeyUsage=clientAuth
  certificate other ca other-client extendedKeyUsage=clientAuth
  authority foreign-ca 'Foreign CA'
  certificate stranger foreign-ca mtls-client extendedKeyUsage=clientAuth
} 2>openssl.log || { cat openssl.log >&2; exit 1; }
rm openssl.log
touch complete
echo "certificates: made in $PWD"
