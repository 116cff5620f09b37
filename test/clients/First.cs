using System;
using System.Net;
using Sppp;

public static class First
{
    public static void Main(string[] arguments)
    {
        string server = arguments[0];
        var user = new CredentialCache();
        user.Add(new Uri(server), "Digest", new NetworkCredential(arguments[1], arguments[2]));
        var service = new spppService { Credentials = user };

        // The mode is in the URL.
        service.Url = server + "/sppp";
        Show(service.submitAddRqst(new spppAddRequest
        {
            clientTransId = "first-1",
            obj = new BasicObjType[] { new DestGrpType { rant = "iana-en:222", rar = "iana-en:223", dgName = "DG_FIRST" } },
        }));

        service.Url = server + "/sppp/partial";
        Show(service.submitAddRqst(new spppAddRequest
        {
            clientTransId = "first-2",
            obj = Array.ConvertAll(new[] { "+12025550100", "+1202555ABCD" }, tn => (BasicObjType)new TNType
            {
                rant = "iana-en:222",
                rar = "iana-en:223",
                dgName = new[] { "DG_FIRST" },
                tn = tn,
            }),
        }));
    }

    private static void Show(spppAddResponse answer)
    {
        // The enumerator's name is Item1000 and so on.
        Console.WriteLine(Code(answer.overallResult) + " " + answer.overallResult.msg);
        foreach (var detail in answer.detailResult ?? new ObjResultCodeType[0])
        {
            Console.WriteLine(detail.obj.GetType().Name + " " + Code(detail) + " " + detail.msg);
        }
    }

    private static string Code(ResultCodeType result)
    {
        return result.code.ToString().Replace("Item", "");
    }
}
