import ietf.params.xml.ns.sppf.base._1.*;
import ietf.params.xml.ns.sppf.soap._1.*;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.URL;

public class First {
    public static void main(String[] arguments) throws Exception {
        String server = arguments[0], username = arguments[1], password = arguments[2];
        Authenticator.setDefault(new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(username, password.toCharArray());
            }
        });

        DestGrpType group = ours(new DestGrpType());
        group.setDgName("DG_FIRST");
        SpppAddRequest request = new SpppAddRequest();
        request.getObj().add(group);
        show(connect(server, "/sppp").submitAddRqst(request));

        request = new SpppAddRequest();
        for (String tn : new String[] {"+12025550100", "+1202555ABCD"}) {
            TNType number = ours(new TNType());
            number.getDgName().add("DG_FIRST");
            number.setTn(tn);
            request.getObj().add(number);
        }
        show(connect(server, "/sppp/partial").submitAddRqst(request));
    }

    /** The mode is in the URL of the WSDL; the address of the service is in the WSDL. */
    private static SpppPortType connect(String server, String mode) throws Exception {
        return new SpppService(new URL(server + mode + "?wsdl")).getSpppPort();
    }

    private static <T extends BasicObjType> T ours(T object) {
        object.setRant("iana-en:222");
        object.setRar("iana-en:223");
        return object;
    }

    private static void show(SpppAddResponse answer) {
        System.out.println(answer.getOverallResult().getCode() + " " + answer.getOverallResult().getMsg());
        for (ObjResultCodeType detail : answer.getDetailResult()) {
            String type = detail.getObj().getClass().getSimpleName();
            System.out.println(type + " " + detail.getCode() + " " + detail.getMsg());
        }
    }
}
