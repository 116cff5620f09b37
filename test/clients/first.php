<?php
[, $server, $username, $password] = $argv;

// PHP knows the type of an object by its class and writes it as xsi:type.
#[AllowDynamicProperties]
abstract class Value
{
    public function __construct(...$values)
    {
        foreach ($values as $name => $value) {
            $this->$name = $value;
        }
    }
}
class DestGrpType extends Value {}
class TNType extends Value {}

// The mode is in the URL of the WSDL; the address of the service is in the WSDL.
function connect(string $path): SoapClient
{
    global $server, $username, $password;
    return new SoapClient("$server$path?wsdl", [
        'authentication' => SOAP_AUTHENTICATION_DIGEST,
        'login' => $username,
        'password' => $password,
        'classmap' => ['DestGrpType' => 'DestGrpType', 'TNType' => 'TNType'],
        // Make an array of every repeatable element, even if there is only one.
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        'keep_alive' => true,
    ]);
}

function show(object $answer): void
{
    echo $answer->overallResult->code, ' ', $answer->overallResult->msg, "\n";
    foreach ($answer->detailResult ?? [] as $detail) {
        echo get_class($detail->obj), " $detail->code $detail->msg\n";
    }
}

$ours = ['rant' => 'iana-en:222', 'rar' => 'iana-en:223'];
$group = new DestGrpType(...$ours, dgName: 'DG_FIRST');
show(connect('/sppp')->submitAddRqst(['clientTransId' => 'first-1', 'obj' => [$group]]));
$numbers = [
    new TNType(...$ours, dgName: ['DG_FIRST'], tn: '+12025550100'),
    new TNType(...$ours, dgName: ['DG_FIRST'], tn: '+1202555ABCD'),
];
show(connect('/sppp/partial')->submitAddRqst(['clientTransId' => 'first-2', 'obj' => $numbers]));
