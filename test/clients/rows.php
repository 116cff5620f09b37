<?php
// Adds the numbers of a CSV file, `number,destination group` in each row, and prints the failed rows and their reasons.
//
// Usage: php rows.php http://host:port username password numbers.csv [rows at once]

[, $server, $username, $password, $file] = $argv;
$atOnce = (int) ($argv[5] ?? 2000);

#[AllowDynamicProperties]
class TNType
{
}

$client = new SoapClient("$server/sppp/partial?wsdl", [
    'authentication' => SOAP_AUTHENTICATION_DIGEST,
    'login' => $username,
    'password' => $password,
    'classmap' => ['TNType' => 'TNType'],
    'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
]);

function number(array $row): TNType
{
    $number = new TNType();
    $number->rant = 'iana-en:222';
    $number->rar = 'iana-en:223';
    $number->dgName = array_filter([$row[1] ?? ''], 'strlen');
    $number->tn = $row[0] ?? '';
    return $number;
}

/** The server's element is in the ext of each object that failed; PHP knows its type from the WSDL. */
function failures(object $answer): iterable
{
    foreach ($answer->detailResult ?? [] as $detail) {
        if ($detail->code !== 1000) {
            $failure = $detail->obj->ext->any['failure'];
            yield [$failure->index, $detail->code, $failure->attrName, $failure->attrVal];
        }
    }
}

/** As fputcsv does, but with quotes only where they are needed. */
function quoted(string $field): string
{
    return preg_match('/[",\r\n]/', $field) ? '"' . str_replace('"', '""', $field) . '"' : $field;
}

// Rows are counted by line, from 1; a heading and blank lines are none.
$rows = [];
foreach (file($file, FILE_IGNORE_NEW_LINES) as $at => $line) {
    if (trim($line) !== '' && !str_starts_with($line, 'number,')) {
        $rows[] = [$at + 1, str_getcsv($line)];
    }
}
foreach (array_chunk($rows, $atOnce) as $some) {
    $answer = $client->submitAddRqst(['obj' => array_map('number', array_column($some, 1))]);
    ['code' => $code, 'msg' => $msg] = (array) $answer->overallResult;
    if ($code !== 1000 && $code !== 2100) {
        exit('row ' . $some[0][0] . " and on: $code $msg\n");
    }
    foreach (failures($answer) as [$index, $code, $attribute, $value]) {
        echo implode(',', array_map('quoted', [$some[$index - 1][0], $code, $attribute, $value])), "\n";
    }
}
