# Makes a gSOAP program from the WSDL of a server, in an empty directory: sh gsoap.sh http://host:port program.cpp ...
set -e
server=$1
shift
plugin=/usr/share/gsoap/plugin
options="-std=c++17 -w -DWITH_OPENSSL -I. -I$plugin"
wsdl2h -o sppp.h "$server/sppp?wsdl"
soapcpp2 -j -C -x -w -I/usr/share/gsoap/import sppp.h
g++ $options -c soapC.cpp soapspppSoapBindingProxy.cpp $plugin/httpda.c $plugin/smdevp.c $plugin/threads.c
for program in "$@"; do
  g++ $options -o "$(basename "$program" .cpp)" "$program" ./*.o -lgsoapssl++ -lssl -lcrypto -lpthread
done
