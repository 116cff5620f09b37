using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Text.RegularExpressions;
using System.Xml;
using Sppp;

/// <summary>
/// Adds the numbers of a CSV file, `number,destination group` in each row, and prints the failed rows and their reasons.
/// Usage: mono Rows.exe http://host:port username password numbers.csv [rows at once]
/// </summary>
public static class Rows
{
    public static void Main(string[] arguments)
    {
        var server = arguments[0];
        var atOnce = arguments.Length > 4 ? int.Parse(arguments[4]) : 2000;
        var user = new CredentialCache();
        user.Add(new Uri(server), "Digest", new NetworkCredential(arguments[1], arguments[2]));
        var service = new spppService { Credentials = user, Url = server + "/sppp/partial" };

        // Rows are counted by line, from 1; a heading and blank lines are none.
        var lines = File.ReadAllLines(arguments[3]).Select((line, at) => new { Row = at + 1, Fields = FieldsOf(line) });
        var rows = lines.Where(each => each.Fields.Any(field => field != "") && each.Fields[0] != "number").ToList();
        for (var start = 0; start < rows.Count; start += atOnce)
        {
            var some = rows.Skip(start).Take(atOnce).ToList();
            var answer = service.submitAddRqst(new spppAddRequest { obj = some.Select(each => Number(each.Fields)).ToArray() });
            var overall = Code(answer.overallResult);
            if (overall != "1000" && overall != "2100")
            {
                throw new Exception("row " + some[0].Row + " and on: " + overall + " " + answer.overallResult.msg);
            }
            foreach (var detail in answer.detailResult ?? new ObjResultCodeType[0])
            {
                if (Code(detail) == "1000") continue;
                var failure = detail.obj.ext.Any.Last(); // The server's own element, whatever else is in ext.
                var row = some[int.Parse(Text(failure, "index")) - 1].Row;
                var cells = new[] { row.ToString(), Code(detail), Text(failure, "attrName"), Text(failure, "attrVal") };
                Console.WriteLine(string.Join(",", cells.Select(Quoted)));
            }
        }
    }

    private static BasicObjType Number(string[] fields)
    {
        return new TNType
        {
            rant = "iana-en:222",
            rar = "iana-en:223",
            dgName = fields.Skip(1).Take(1).Where(field => field != "").ToArray(),
            tn = fields[0],
        };
    }

    private static string Text(XmlElement failure, string name)
    {
        return failure[name, "urn:sppp-server:detail:1"].InnerText;
    }

    private static string Code(ResultCodeType result)
    {
        return result.code.ToString().Replace("Item", "");
    }

    /// <summary>Fields of a line, in quotes or not; a file with line breaks inside of quotes needs more than this.</summary>
    private static string[] FieldsOf(string line)
    {
        return Regex.Matches(line, "(\"(?:[^\"]|\"\")*\"|[^,]*)(?:,|$)").Cast<Match>()
            .Select(field => Regex.Replace(field.Groups[1].Value, "^\"(.*)\"$", "$1").Replace("\"\"", "\"")).ToArray();
    }

    private static string Quoted(string field)
    {
        return Regex.IsMatch(field, "[\",\r\n]") ? '"' + field.Replace("\"", "\"\"") + '"' : field;
    }
}
