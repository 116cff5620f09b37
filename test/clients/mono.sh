# Makes C# programs from the WSDL of a server, in an empty directory: sh mono.sh http://host:port Program.cs ...
set -e
wsdl2 -namespace:Sppp -out:Sppp.cs "$1/sppp?wsdl"
mcs -target:library -nowarn:0108 -r:System.Web.Services -out:Sppp.dll Sppp.cs
shift
for program in "$@"; do
  mcs -r:System.Web.Services -r:System.Xml -r:Sppp.dll -out:"$(basename "$program" .cs).exe" "$program"
done
