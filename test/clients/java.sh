# Makes a JAX-WS program from the WSDL of a server, in an empty directory: sh java.sh http://host:port Program.java
set -e
# Without -p: the namespaces have types of the same names and need a package each.
wsimport -Xnocompile -s . "$1/sppp?wsdl"
find ietf server -name '*.java' >sources
javac -nowarn -cp /usr/share/java/jaxws-rt.jar -d . @sources "$2"
