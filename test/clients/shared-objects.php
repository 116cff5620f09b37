<?php
/* One PHP object in several places of a request: ext/soap writes it once, with an id, and refers to it elsewhere. */

[, $wsdl, $version] = $argv;
$client = new SoapClient($wsdl, [
    'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
    'login' => 'ssp2r',
    'password' => 'ssp2r',
    'authentication' => SOAP_AUTHENTICATION_DIGEST,
    'trace' => true,
    'cache_wsdl' => WSDL_CACHE_NONE,
]);
$base = 'urn:ietf:params:xml:ns:sppf:base:1';

$ext = new stdClass();
$ext->any = new SoapVar('<n:ticket xmlns:n="urn:example:n">4711</n:ticket>', XSD_ANYXML);

function group(string $name, object $ext, string $base): SoapVar
{
    $fields = ['rant' => 'iana-en:222', 'rar' => 'iana-en:223', 'ext' => $ext, 'dgName' => $name];
    return new SoapVar((object) $fields, SOAP_ENC_OBJECT, 'DestGrpType', $base);
}

$answer = $client->submitAddRqst(['obj' => [group('SHARED_1', $ext, $base), group('SHARED_2', $ext, $base)]]);
echo preg_match('/href="#|ref="#/', $client->__getLastRequest()) ? "refers\n" : "does not refer\n";
echo $answer->overallResult->code, "\n";
