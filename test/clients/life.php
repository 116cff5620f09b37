<?php
/*
 * The life of a peering with PHP's own SoapClient, printed line by line on standard output.
 *
 * Usage: [LOGINS=sppp-data/demo-logins] php life.php http://host:port 1.1|1.2
 *
 * LOGINS names a file with a user name and a password a line; without it, passwords are the user names.
 */

declare(strict_types=1);

const SSP2 = 'iana-en:222';
const SSP2_REGISTRAR = 'iana-en:223';
const SSP3 = 'iana-en:225';

[, $server, $version] = $argv;

/** A value of a type of the WSDL: PHP knows the type by the name of the class and writes it as xsi:type. */
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
class TNRType extends Value {}
class TNPType extends Value {}
class RNType extends Value {}
class URIPubIdType extends Value {}
class NAPTRType extends Value {}
class NSType extends Value {}
class URIType extends Value {}
class SedGrpType extends Value {}
class SedGrpOfferType extends Value {}
class EgrRteType extends Value {}
class ObjKeyType extends Value {}
class PubIdKeyType extends Value {}
class SedGrpOfferKeyType extends Value {}

const TYPES = [
    'DestGrpType', 'TNType', 'TNRType', 'TNPType', 'RNType', 'URIPubIdType', 'NAPTRType', 'NSType', 'URIType',
    'SedGrpType', 'SedGrpOfferType', 'EgrRteType', 'ObjKeyType', 'PubIdKeyType', 'SedGrpOfferKeyType',
];

function connect(string $username, string $path = '/sppp'): SoapClient
{
    global $server, $version;
    $lines = getenv('LOGINS') === false ? [] : file(getenv('LOGINS'), FILE_IGNORE_NEW_LINES);
    $logins = array_column(array_map(fn($line) => explode(' ', $line, 2), $lines), 1, 0);
    return new SoapClient("$server$path?wsdl", [
        'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
        'authentication' => SOAP_AUTHENTICATION_DIGEST,
        'login' => $username,
        'password' => $logins[$username] ?? $username,
        'classmap' => array_combine(TYPES, TYPES),
        // Make an array of every repeatable element, even if there is only one.
        'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
        'cache_wsdl' => WSDL_CACHE_NONE,
        'keep_alive' => true,
    ]);
}

function ours(string $type, ...$values): Value
{
    return new $type(...['rant' => SSP2, 'rar' => SSP2_REGISTRAR], ...$values);
}

function key_of(string $type, string $name, string $rant = SSP2): ObjKeyType
{
    return new ObjKeyType(rant: $rant, name: $name, type: $type);
}

function number_key(string $type, string $value): PubIdKeyType
{
    return new PubIdKeyType(rant: SSP2, number: ['value' => $value, 'type' => $type]);
}

function range_key(string $start, string $end): PubIdKeyType
{
    return new PubIdKeyType(rant: SSP2, range: ['startRange' => $start, 'endRange' => $end]);
}

function show(string $step, object $answer, string|int ...$more): void
{
    $result = $answer->overallResult;
    echo implode(' ', ["$step:", $result->code, $result->msg, ...$more]), "\n";
    foreach (['detailResult', 'addResult', 'delResult', 'acceptResult', 'rejectResult'] as $element) {
        foreach ($answer->$element ?? [] as $detail) {
            $about = $detail->obj ?? $detail->objKey ?? $detail->sedGrpOfferKey;
            echo "  $element ", get_class($about), " $detail->code $detail->msg\n";
        }
    }
}

$ssp2 = connect('ssp2r');
$ssp3 = connect('ssp3');
$ssp2Partial = connect('ssp2r', '/sppp/partial');

// Status ----------------------------------------------------------------------------------------------------------

$answer = $ssp2->submitServerStatusRqst([]);
show('status', $answer, $answer->svcMenu->serverStatus, ...$answer->svcMenu->majMinVersion);

// What SSP2 has ---------------------------------------------------------------------------------------------------

show('add destination group', $ssp2->submitAddRqst([
    'clientTransId' => 'life-1',
    'obj' => [ours('DestGrpType', dgName: 'DG_LIFE')],
]));
show('add SED record', $ssp2->submitAddRqst(['obj' => [
    ours(
        'NAPTRType',
        sedName: 'SED_LIFE',
        isInSvc: true,
        order: 10,
        flags: 'u',
        svcs: 'E2U+sip',
        regx: ['ere' => '^(.*)$', 'repl' => 'sip:\1@sbe1.ssp2.example'],
    ),
]]));
show('add SED group', $ssp2->submitAddRqst(['obj' => [
    ours(
        'SedGrpType',
        sedGrpName: 'SG_LIFE',
        sedRecRef: [['sedKey' => key_of('SedRec', 'SED_LIFE'), 'priority' => 100]],
        dgName: ['DG_LIFE'],
        isInSvc: true,
        priority: 10,
    ),
]]));
show('add numbers', $ssp2->submitAddRqst(['obj' => [
    ours('TNType', dgName: ['DG_LIFE'], tn: '+12025550100', corInfo: ['corClaim' => true]),
    ours('TNRType', dgName: ['DG_LIFE'], range: ['startRange' => '+12025551000', 'endRange' => '+12025551999']),
]]));

// The peering -----------------------------------------------------------------------------------------------------

$offerKey = new SedGrpOfferKeyType(sedGrpKey: key_of('SedGrp', 'SG_LIFE'), offeredTo: SSP3);
show('offer', $ssp2->submitAddRqst(['obj' => [
    ours('SedGrpOfferType', sedGrpOfferKey: $offerKey, status: 'offered', offerDateTime: gmdate('Y-m-d\TH:i:s\Z')),
]]));
$answer = $ssp3->submitGetSedGrpOffersRqst(['offeredTo' => [SSP3], 'status' => 'offered']);
show("the peer's open offers", $answer, ...array_map(
    fn (SedGrpOfferType $offer) => $offer->sedGrpOfferKey->sedGrpKey->name,
    $answer->resultObj,
));
show('the peer accepts', $ssp3->submitAcceptRqst(['sedGrpOfferKey' => [$offerKey]]));
$answer = $ssp3->submitGetRqst(['objKey' => [key_of('SedGrp', 'SG_LIFE'), key_of('SedRec', 'SED_LIFE')]]);
[$group, $record] = $answer->resultObj;
show('the peer reads', $answer, get_class($group), ...$group->peeringOrg, ...[get_class($record), $record->regx->repl]);
$route = new EgrRteType(
    rant: SSP3,
    rar: SSP3,
    egrRteName: 'ER_LIFE',
    pref: 50,
    regxRewriteRule: ['ere' => '^(.*@)(.*)$', 'repl' => '\1\2?route=egress.ssp3.example'],
    ingrSedGrp: [key_of('SedGrp', 'SG_LIFE')],
);
show("the peer's egress route", $ssp3->submitAddRqst(['obj' => [$route]]));
$answer = $ssp3->submitGetRqst(['objKey' => [key_of('EgrRte', 'ER_LIFE', SSP3)]]);
[$route] = $answer->resultObj;
show('the peer reads', $answer, get_class($route), $route->ingrSedGrp[0]->name);
$answer = $ssp2->submitGetSedGrpOffersRqst(['sedGrpOfferKey' => [$offerKey]]);
show('the offer', $answer, $answer->resultObj[0]->status);

// Changes ---------------------------------------------------------------------------------------------------------

// What Get returned can be added again.
$answer = $ssp2->submitGetRqst(['objKey' => [key_of('SedGrp', 'SG_LIFE'), number_key('TN', '+12025550100')]]);
show('add the read objects again', $ssp2->submitAddRqst(['obj' => $answer->resultObj]));

// PHP keeps objects of one verb together and writes the verbs in the order of the WSDL: all adds, then all deletions.
show('batch', $ssp2->submitBatchRqst([
    'addObj' => [
        ours('TNPType', dgName: ['DG_LIFE'], tnPrefix: '+1202556'),
        ours('RNType', dgName: ['DG_LIFE'], rn: '2025550000'),
    ],
    'delObj' => [range_key('+12025551000', '+12025551999'), number_key('TNPrefix', '+1202556')],
]));
show('batch with a mistake', $ssp2->submitBatchRqst([
    'addObj' => [ours('DestGrpType', dgName: 'DG_OTHER')],
    'delObj' => [number_key('TNPrefix', '+1202556')],
]));
$numbers = array_map(
    fn (string $tn) => ours('TNType', dgName: ['DG_LIFE'], tn: $tn),
    ['+12025550101', '+1202555ABCD', '+12025550103'],
);
show('numbers with a mistake', $ssp2->submitAddRqst(['obj' => $numbers]));
show('the same in part', $ssp2Partial->submitAddRqst(['obj' => $numbers]));
$answer = $ssp2->submitGetRqst(['objKey' => [
    number_key('TN', '+12025550101'),
    number_key('TN', '+12025550103'),
    key_of('DestGrp', 'DG_OTHER'),
]]);
show('get', $answer, ...array_map(fn (TNType $number) => $number->tn, $answer->resultObj));

// The end ---------------------------------------------------------------------------------------------------------

show('the peer rejects', $ssp3->submitRejectRqst(['sedGrpOfferKey' => [$offerKey]]));
show('the peer deletes', $ssp3->submitDelRqst(['objKey' => [key_of('EgrRte', 'ER_LIFE', SSP3)]]));
$everything = [
    key_of('SedGrp', 'SG_LIFE'),
    key_of('SedRec', 'SED_LIFE'),
    key_of('DestGrp', 'DG_LIFE'),
    number_key('TN', '+12025550100'),
    number_key('RN', '2025550000'),
    number_key('TN', '+12025550101'),
    number_key('TN', '+12025550103'),
];
show('delete', $ssp2->submitDelRqst(['objKey' => $everything]));
show('delete again', $ssp2->submitDelRqst(['objKey' => $everything]));
$answer = $ssp2->submitGetRqst(['objKey' => $everything]);
show('get', $answer, count($answer->resultObj ?? []), 'objects');
