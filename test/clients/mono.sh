# Makes a C# program from the WSDL of a server, in an empty directory: sh mono.sh http://host:port Program.cs
set -e
wsdl2 -namespace:Sppp -out:Sppp.cs "$1/sppp?wsdl"
mcs -r:System.Web.Services -out:first.exe "$2" Sppp.cs
