# sh curl.sh http://host:port username password
cat >add.xml <<'END'
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1"
    xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <S:Body>
    <s:spppAddRequest>
      <clientTransId>first-1</clientTransId>
      <obj xsi:type="b:DestGrpType">
        <b:rant>iana-en:222</b:rant>
        <b:rar>iana-en:223</b:rar>
        <b:dgName>DG_FIRST</b:dgName>
      </obj>
    </s:spppAddRequest>
  </S:Body>
</S:Envelope>
END
curl --silent --show-error --digest --user "$2:$3" --header 'Content-Type: text/xml' --data-binary @add.xml "$1/sppp"

# Compress a large request, and send it only after the server has checked the password.
gzip --force add.xml
curl --silent --show-error --digest --user "$2:$3" --header 'Content-Type: text/xml' \
  --header 'Content-Encoding: gzip' --header 'Expect: 100-continue' --compressed --data-binary @add.xml.gz "$1/sppp"
