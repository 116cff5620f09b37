# Makes JAX-WS programs from the WSDL of a server, in an empty directory: sh java.sh http://host:port Program.java ...
set -e
server=$1
shift
# With the server's names for JAXB: without them seven types would be mere lists. Without -p: the namespaces have types of
# the same names and need a package each. With -extension there is a port for SOAP 1.2, too.
wsimport -Xnocompile -extension -b "$server/sppp?bindings" -s . "$server/sppp?wsdl"
find ietf server -name '*.java' >sources
javac -nowarn -cp /usr/share/java/jaxws-rt.jar -d . @sources "$@"
