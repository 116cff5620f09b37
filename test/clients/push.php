<?php
// Adds the numbers of a CSV file (columns tn and dgName) and writes the verdict on each line beside it.
//
// Usage: SPPP_PASSWORD=… php push.php https://sppp.example.net user rant rar numbers.csv

[, $server, $user, $rant, $rar, $file] = $argv;
const AT_ONCE = 2000;

#[AllowDynamicProperties]
class TNType
{
}

$client = new SoapClient("$server/sppp/partial?wsdl", [
    'authentication' => SOAP_AUTHENTICATION_DIGEST,
    'login' => $user,
    'password' => getenv('SPPP_PASSWORD'),
    'classmap' => ['TNType' => 'TNType'],
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

/** Sends some rows and returns code and message of each, in their order. */
$verdicts = function (array $rows) use ($client, $rant, $rar): array {
    $objects = [];
    foreach ($rows as $row) {
        $number = new TNType();
        $number->rant = $rant;
        $number->rar = $rar;
        $number->dgName = array_filter([$row['dgName']], 'strlen');
        $number->tn = $row['tn'];
        $objects[] = $number;
    }
    $answer = $client->submitAddRqst(['obj' => $objects]);
    $overall = $answer->overallResult;
    if ($overall->code !== 1000 && $overall->code !== 2100) {
        exit("nothing of these rows is done: $overall->code $overall->msg\n");
    }
    $told = array_fill(0, count($rows), [1000, '']);
    foreach ($answer->detailResult ?? [] as $detail) {
        if ($detail->code !== 1000) {
            $failure = $detail->obj->ext->any['failure']; // index counts from 1
            $told[$failure->index - 1] = [$detail->code, $detail->msg];
        }
    }
    return $told;
};

$rows = [];
$header = null;
foreach (file($file, FILE_IGNORE_NEW_LINES) as $at => $line) {
    $fields = str_getcsv($line, escape: '');
    if ($header === null) {
        $header = $fields;
    } elseif ($line !== '') {
        $rows[] = [$at + 1, array_combine($header, $fields)];
    }
}
/** As fputcsv does, but with quotes only where they are needed. */
$quoted = fn (string $field) => preg_match('/[",\r\n]/', $field) ? '"' . str_replace('"', '""', $field) . '"' : $field;

$results = fopen("$file.results.csv", 'w');
fwrite($results, "line,key,code,reason\n");
foreach (array_chunk($rows, AT_ONCE) as $some) {
    foreach ($verdicts(array_column($some, 1)) as $at => [$code, $reason]) {
        [$line, $row] = $some[$at];
        fwrite($results, implode(',', array_map($quoted, [$line, $row['tn'], $code, $reason])) . "\n");
    }
}
